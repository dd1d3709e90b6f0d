"""The runs of a group by Starlette, under uvicorn, behind a middleware; what each answer's generator is to do is in events.py."""

from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

import events


async def group(_: Request) -> Response:
    return Response(events.STATUS, media_type="application/json")


async def runs(request: Request) -> Response:
    async def blocks() -> AsyncIterator[str]:
        for event in events.after(request.query_params.get("last_event_id", "")):
            yield events.block(event)

    return StreamingResponse(blocks(), media_type="text/event-stream")


async def hand_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


events.serve(
    Starlette(
        routes=[Route(events.GROUP, group), Route(events.RUNS, runs)],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=hand_on)],
    )
)
