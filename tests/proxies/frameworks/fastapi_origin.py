"""The runs of a group by FastAPI's own events, under uvicorn; what each answer's generator is to do is in events.py."""

import asyncio
from collections.abc import AsyncIterator

import fastapi
from fastapi.sse import EventSourceResponse, ServerSentEvent

import events

application = fastapi.FastAPI()


@application.get(events.GROUP)
async def group() -> fastapi.Response:
    return fastapi.Response(events.STATUS, media_type="application/json")


@application.get(events.RUNS, response_class=EventSourceResponse)
async def runs(last_event_id: str = "") -> AsyncIterator[ServerSentEvent]:
    for event in events.after(last_event_id):
        yield ServerSentEvent(event="task_run.state", raw_data=event)
        # Most fail when they have waited for something. One that does not is cut, and its last event is lost.
        await asyncio.sleep(0.01)


events.serve(application)
