"""The Kubernetes manifests: the Job's command executed, and what holds for each pod of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance import __version__
from tests.deploy.shell import COMMAND, ROOT, executed, loaded

JOB = next(document for document in loaded("deploy/kubernetes/job.yaml") if document["kind"] == "Job")
POD = JOB["spec"]["template"]["spec"]
READER = loaded("deploy/kubernetes/evidence-reader.yaml")[0]["spec"]
PLUGIN = loaded("deploy/sonobuoy/wallaroo-conformance.yaml")[0]
PLUGIN_POD = {"containers": [PLUGIN["spec"]], "volumes": PLUGIN["extra-volumes"]}
PODS = {"job": POD, "evidence reader": READER, "sonobuoy plugin": PLUGIN_POD}


@pytest.fixture(params=PODS)
def pod(request):
    return PODS[request.param]


@pytest.mark.parametrize("conforms", [True, False], ids=["conformant", "not conformant"])
def test_the_job_s_command_leaves_its_evidence_on_the_claim(tmp_path, conforms, request):
    """The container's arguments, with the mounted folders and the target in their places."""
    mock = request.getfixturevalue("instance" if conforms else "wrong_instance")
    (container,) = POD["containers"]
    places = {mount["mountPath"]: tmp_path / mount["name"] for mount in container["volumeMounts"]}
    for place in places.values():
        place.mkdir()
    (tmp_path / "token" / "token").write_text(mock.token)
    arguments = [argument.replace("$(RUN)", "pod-1") for argument in container["args"]]
    target = arguments.index("--target") + 1
    assert arguments[target].startswith("http://")
    arguments[target] = mock.url
    for mounted, place in places.items():
        arguments = [re.sub(f"^{mounted}/", f"{place}/", argument) for argument in arguments]
    done = executed([str(COMMAND), *arguments], tmp_path, {})
    assert done.returncode == (0 if conforms else 1), done.stdout + done.stderr
    assert (tmp_path / "evidence" / "pod-1" / "statement.json").is_file()
    assert (tmp_path / "evidence" / "pod-1.tar.gz").is_file()


def test_a_verdict_is_reached_once_and_in_bounded_time():
    assert (JOB["spec"]["backoffLimit"], POD["restartPolicy"]) == (0, "Never")
    assert 0 < JOB["spec"]["activeDeadlineSeconds"] <= 3600
    assert JOB["spec"]["ttlSecondsAfterFinished"] > 0


def test_the_token_is_mounted_and_never_an_argument_or_a_variable():
    (container,) = POD["containers"]
    secrets = [volume["name"] for volume in POD["volumes"] if "secret" in volume]
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert all(mounts[name]["readOnly"] for name in secrets)
    file = Path(container["args"][container["args"].index("--token-file") + 1])
    assert str(file.parent) in [mounts[name]["mountPath"] for name in secrets]
    assert "secretKeyRef" not in str(container)


def test_a_container_has_no_right_that_it_doesn_t_need(pod):
    for container in pod["containers"]:
        context = pod.get("securityContext", {}) | container["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert {"memory"} <= set(container["resources"]["limits"])


@pytest.mark.parametrize("name", ["job", "evidence reader"])
def test_a_pod_of_ours_has_no_token_of_the_cluster(name):
    assert PODS[name]["automountServiceAccountToken"] is False


def test_every_mount_has_its_volume(pod):
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes


def test_user_and_image_are_those_of_the_dockerfile(pod):
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for container in pod["containers"]:
        context = pod.get("securityContext", {}) | container["securityContext"]
        assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user.groups()
        assert container["image"] == f"wallaroo-conformance:{__version__}"


def test_a_manifest_fits_each_version_of_kubernetes():
    validating = pytest.importorskip("kubernetes_validate", reason="pip install '.[lint-deploy]'")
    documents = [d for path in sorted(ROOT.glob("deploy/kubernetes/*.yaml")) for d in loaded(str(path))]
    documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plugin"}, "spec": PLUGIN_POD})
    assert len(documents) > 3
    for version in ("1.27", "1.29", "1.31", "1.33"):
        for document in documents:
            validating.validate(document, version, strict=True)


def test_the_validation_refuses_a_field_that_is_not_there():
    validating = pytest.importorskip("kubernetes_validate", reason="pip install '.[lint-deploy]'")
    with pytest.raises(validating.ValidationError):
        validating.validate(JOB | {"spec": JOB["spec"] | {"backofLimit": 0}}, "1.31", strict=True)
