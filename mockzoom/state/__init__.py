"""What deliveries leave behind: read a receiver's state, compare it, find the step to blame.

A receiver's state is read from outside, by a probe (`probe`): a snapshot is what one reading gives.
Nothing here plays a scenario. What has to be played next is asked for: `Comparison`, `Isolation`
and `PassComparison` are generators that yield a `Question`, such as `PlayScript`, and are sent what
came of it. `mockzoom.play` answers the questions.

Settling (`settling`). A receiver may work after it has answered, so one snapshot says nothing. The
state is read until two snapshots agree, with a pause between them that is longer than this receiver
was ever seen to take. A quick look is enough to see that nothing is wrong; before anything is
reported, a play is looked at for longer.

State diff (`state_diff`, `roles`, `rows`). Two plays of one scenario are about different entities.
So the snapshots before and after a play are compared, ids and times are named by the step that
delivered them first, such as `<starts/payload/object/id>`, and totals count by how much they grew.

Learning (`volatile`, `nondeterminism`). Volatile fields change by themselves, such as an uptime:
they are found while nothing is delivered. Nondeterminism is what differs between equal plays, such
as random keys and receive times: it is found by one more plain play. Both are left out. An entry
that only some of equal plays leave is an event that was dropped.

Passes (`passes`). All scenarios are played one after the other as they are written, then all of
their plain twins: every event once and in order, in ASCII words. Where both passes leave the same,
nothing more is played. Where they differ, a third and a fourth pass, both plain, show the
nondeterminism.

Ownership (`ownership`, `keys`). A part of the state belongs to the scenario whose entities it
mentions, directly or through keys of other rows, so a difference there names its scenario. A total
mentions none; a snapshot after each scenario shows whose it is, or halves of the scenarios are
played, if the receiver works too slowly for that.

Isolating (`comparison`, `isolation`). A scenario in which something differs is played alone, and
then plainly but for one irregular step at a time, to find the step that causes the difference. A
burst for many entity sets is not played again: what it must leave is computed from what two and
three of them leave (`extrapolation`).
"""
