//! Lists what there is to refuse.

use taskgroup_adversary::{NOW, certificates};

fn main() {
    for case in certificates::all(NOW) {
        println!("{:30} {}", case.name, case.expected);
    }
}
