"""The two upload endpoints: receive, check, and make one new version visible in one commit."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import Response

from conformance.mock import rendering
from conformance.mock.bodies import drain
from conformance.mock.instance import Instance
from conformance.mock.multipart import UploadReader
from conformance.mock.records import Metadata, Upload, User, Version
from conformance.mock.replies import Call, Refusal, Reply, refusal_reply


class Uploads:
    """models/upload_and_convert and models/upload: they differ in their status and in the conversion."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    async def handle(self, request: Request, endpoint: str) -> Response:
        """One upload, from the first byte to the answer."""
        upload = Upload(endpoint)
        call = Call(endpoint, upload=upload)
        try:
            reply = await self._receive(request, call, upload)
        except Refusal as refusal:
            reply = refusal_reply(refusal)
        finally:
            self._instance.files.discard(upload)
        return self._instance.behaviour.reply(call, reply).render()

    async def _receive(self, request: Request, call: Call, upload: Upload) -> Reply:
        behaviour = self._instance.behaviour
        try:
            user = call.user = behaviour.authenticate(request.headers.get("authorization"), call.endpoint)
        except Refusal:
            await drain(request)
            raise
        try:
            await self._read_parts(request, upload)
            metadata = behaviour.check_upload(upload, user)
        except Refusal as refusal:
            created = behaviour.creates_on_refusal(upload, user, refusal)
            if created is not None:
                await self._commit(upload, created, user)
            raise
        version = await self._commit(upload, metadata, user)
        return Reply(behaviour.success_status(call.endpoint), rendering.uploaded(behaviour.upload_id(version)))

    async def _read_parts(self, request: Request, upload: Upload) -> None:
        """Read the body to its end, even once it is clear that it will be refused."""
        try:
            reader = UploadReader(request.headers.get("content-type"), upload, self._instance.files)
        except Refusal:
            await drain(request)
            raise
        fault: Refusal | None = None
        try:
            async for chunk in request.stream():
                if chunk and fault is None:
                    fault = _fed(reader, chunk)
        finally:
            reader.close()
        if fault is not None:
            raise fault
        reader.finish()

    async def _commit(self, upload: Upload, metadata: Metadata, user: User) -> Version:
        upload.metadata = metadata
        files = self._instance.files
        with files.held(upload.sha256):
            await files.keep(upload)
            version = self._record(upload, metadata, user)
        self._instance.conversions.begin(version)
        return version

    def _record(self, upload: Upload, metadata: Metadata, user: User) -> Version:
        behaviour, store = self._instance.behaviour, self._instance.store
        converts = upload.endpoint == "upload_and_convert"
        with store.transaction():
            now = behaviour.now()
            name, workspace_id = behaviour.stored_name(metadata), behaviour.stored_workspace(metadata)
            model = behaviour.model_for(name, workspace_id)
            if model is None:
                model_id = store.add_model(name, workspace_id, now)
            else:
                model_id = model.id
                store.set_updated(model_id, behaviour.updated_at(model, now))
            version_id = store.add_version(
                model_id,
                upload,
                metadata,
                uuid=behaviour.version_uuid(upload),
                sha=behaviour.digest_of(upload),
                file_name=behaviour.file_name_of(upload),
                converts=converts,
                status=behaviour.initial_status(metadata.framework, converts),
                task_id=str(uuid.uuid4()),
                runtime=behaviour.initial_runtime(metadata.framework),
                created_at=now,
                created_by=user.id,
                created_on_version=behaviour.dialect.version,
            )
        version = store.version(version_id)
        if version is None:
            raise LookupError(f"version {version_id} was committed and isn't there")
        return version


def _fed(reader: UploadReader, chunk: bytes) -> Refusal | None:
    try:
        reader.feed(chunk)
    except Refusal as refusal:
        return refusal
    except OSError:
        return Refusal(507, "There is no room to store the file.")
    return None
