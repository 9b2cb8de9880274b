"""Taking the run's models away again, on an instance of a release that can delete them.

Only models whose names begin as this run's do are touched, in the workspaces that the run wrote to. What can't be
deleted is told, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.errors import ConformanceError, NotTestable
from conformance.instance.workspaces import Workspaces
from conformance.report.findings import Cleaning, LeftModel
from conformance.suite.context import SuiteContext

MAX_REFUSED = 3
"""Refusals in a row after which one way to name the model is given up. Ours."""

MAX_MODELS = 5_000
"""Models of the run that are dealt with; a run makes some hundred. Ours."""

DELETE = "delete_model"


def clean_up(context: SuiteContext, *, keep: bool = False) -> Cleaning:
    """Delete every model that the run made, and look whether it is gone; with `keep` only look.

    A model is named by its name, and where that leaves it there by its id, as the contract allows either.
    Raises nothing for anything that the instance does.
    """
    cleaner = _Cleaner(context)
    try:
        cleaner.look()
        before = len(cleaner.left)
        if keep:
            cleaner.reason = "kept as asked"
        elif DELETE not in context.release.endpoints:
            cleaner.reason = f"release {context.release.id} has no call that deletes a model"
        else:
            cleaner.delete()
    except ConformanceError as failure:
        reason = context.recorder.redactor.text(str(failure))
        return Cleaning(0, cleaner.told(), f"the instance can't be asked: {reason}")
    return Cleaning(before - len(cleaner.left), cleaner.told(), cleaner.reason if cleaner.left else None)


class _Cleaner:
    def __init__(self, context: SuiteContext) -> None:
        self._context = context
        self._prefix = f"conf-{context.run_id}"
        self._workspaces: list[int] = []
        self._others: set[str] = set()
        """Names of models that aren't the run's: none of them may stand in a request."""
        self.left: list[LeftModel] = []
        self.reason = ""

    def told(self) -> tuple[LeftModel, ...]:
        """What is left, fit to be shown: the names are as the instance lists them."""
        redactor = self._context.recorder.redactor
        return tuple(replace(model, name=redactor.text(model.name)) for model in self.left)

    def look(self) -> None:
        """Find the run's workspaces at first, and each time the run's models in them."""
        self._workspaces = self._workspaces or list(self._of_the_run())
        self.left, self._others = [], set()
        for workspace_id in self._workspaces:
            for model_id, name in self._listed(workspace_id):
                # A check tries names with spaces around; the run's id makes them its own all the same.
                if not name.strip().startswith(f"{self._prefix}-"):
                    self._others.add(name)
                elif len(self.left) < MAX_MODELS:
                    self.left.append(LeftModel(model_id, name, workspace_id))

    def delete(self) -> None:
        """Delete by name, then what is left by id."""
        ways: tuple[Callable[[LeftModel], str | None], ...] = (lambda model: model.name, self._by_id)
        for way in ways:
            if self.left:
                self._delete(way)
                self.look()

    def _delete(self, way: Callable[[LeftModel], str | None]) -> None:
        refused = 0
        for model in self.left:
            named = way(model)
            if named is None or refused >= MAX_REFUSED:
                continue
            models = self._context.models(workspace_id=model.workspace_id)
            try:
                status = models.delete_model(named, model.workspace_id).status
            except NotTestable:
                raise
            except ConformanceError as failure:
                refused, self.reason = refused + 1, self._context.recorder.redactor.text(str(failure))
            else:
                refused = 0 if status < 400 else refused + 1
                self.reason = f"{DELETE} answered {status}"

    def _by_id(self, model: LeftModel) -> str | None:
        """The model's id as a text, unless another model of the workspace has that for its name."""
        named = None if model.id is None else str(model.id)
        return None if named in self._others else named

    def _of_the_run(self) -> Iterator[int]:
        """The workspace that was written to, and others that the run made."""
        own = self._context.workspace_id()
        yield own
        reply = Workspaces(self._context.session).list()
        for row in _rows(reply.json() if reply.is_success else None, "workspaces"):
            found, name = _id(row.get("id")), row.get("name")
            if found is not None and found != own and isinstance(name, str) and name.startswith(f"{self._prefix}-"):
                yield found

    def _listed(self, workspace_id: int) -> Iterator[tuple[int | None, str]]:
        reply = self._context.models(workspace_id=workspace_id).list(workspace_id)
        if not reply.is_success:
            raise ConformanceError(f"list answered {reply.status}")
        for row in _rows(reply.json(), "models"):
            model: Any = row
            for key in self._context.release.model_in_list:
                model = model.get(key) if isinstance(model, Mapping) else None
            name = model.get("name") if isinstance(model, Mapping) else None
            if isinstance(name, str):
                yield _id(model.get("id")), name


def _rows(body: Any, key: str) -> list[Mapping[str, Any]]:
    rows = body.get(key) if isinstance(body, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _id(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
