//! What following itself reads of each answer; and the state of a run in the form of a result.

use crate::{
    api::{Brief, Id, Status, TaskGroupStatus},
    json::{Field, Json, List, Node, Record, Skip, Stop, count, tree},
    record,
    text::Text,
};

record! {
    /// The members that matter, of a new group, of the answer to new runs, and of an event of either stream.
    #[derive(Debug)]
    pub(super) struct Own for * {
        pub(super) taskgroup_id: Id = "/taskgroup_id",
        /// Only counted.
        pub(super) run_ids: List<Skip, 0> = "/run_ids",
        pub(super) run_cursor: Text<{ super::EVENT_ID }> = "/run_cursor",
        pub(super) event_id: Text<{ super::EVENT_ID }> = "/event_id",
        pub(super) run_id: Text<{ super::RUN_ID }> = "/run/run_id",
        pub(super) run_status: Status = "/run/status",
        pub(super) is_active: bool = "/run/is_active",
        pub(super) noted: Option<u32> = "/run/metadata/input_number",
        pub(super) asked: Option<u32> = "/input/metadata/input_number",
        pub(super) status: Option<TaskGroupStatus<Brief>> = "/status",
    }
}

/// A record that takes a run's state, which stands alone in its answer, as the result that it would be a part
/// of: `{"run": …, "output": null}`.
pub(super) struct Alone<'r>(pub(super) &'r mut dyn Record);

/// The text of a result before the run, and after it.
const BEFORE: &[u8] = b"{\"run\":";
pub(super) const AFTER: &[u8] = b",\"output\":null}";

impl Field for Alone<'_> {
    fn clear(&mut self) {
        self.0.clear();
        self.0.data(BEFORE);
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.object(self)
    }
}

impl Record for Alone<'_> {
    fn names(&self) -> &'static [Node] {
        self.0.names()
    }

    fn root(&self) -> Option<&'static Node> {
        static NOTHING: [Node; count(&[])] = tree(&[]);
        let names = self.0.names();
        let run = names.first().and_then(|root| root.below(names).iter().find(|node| node.is("run")));
        run.or(NOTHING.first())
    }

    fn member(&mut self, index: usize) -> Option<&mut dyn Field> {
        self.0.member(index)
    }

    fn data(&mut self, piece: &[u8]) {
        self.0.data(piece);
    }
}
