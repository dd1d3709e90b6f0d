"""The runs of a group by Tornado; what each answer's generator is to do is in events.py."""

import asyncio

import tornado.httpserver
import tornado.web

import events


class Group(tornado.web.RequestHandler):
    async def get(self, _: str) -> None:
        self.set_header("Content-Type", "application/json")
        await self.finish(events.STATUS)


class Runs(tornado.web.RequestHandler):
    async def get(self, _: str) -> None:
        self.set_header("Content-Type", "text/event-stream")
        for event in events.after(self.get_query_argument("last_event_id", "")):
            self.write(events.block(event))
            await self.flush()


async def main() -> None:
    routes = [(path.replace("{group}", "([^/]+)"), handler) for path, handler in ((events.GROUP, Group), (events.RUNS, Runs))]
    with events.listening() as listener:
        listener.setblocking(False)
        tornado.httpserver.HTTPServer(tornado.web.Application(routes)).add_sockets([listener])
        await asyncio.Event().wait()


asyncio.run(main())
