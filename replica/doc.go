// Package replica brings instances of models up, watches them, and ends them: all
// that a machine does for one instance of an endpoint's variant, whoever decides
// that there is to be one.
//
//	d := machine.Drive(ctx, spec, wake) // brings it up, or finds it; wake is called at every change
//	d.Condition()                       // coming, healthy, ailing or hopeless, and why
//	d.Instance()                        // what the data path sends requests to
//	x := machine.Remove(ctx, spec.Programs, d, wake)
//	x.Done()                            // nothing of it is left
//
// A replica is the programs of all containers of a model (model.go). They are known
// to the runner under names that follow from the replica's own (programs.go), so a
// server that comes back finds those that still run and starts those that are gone
// (start.go). What a container sees is laid out in prepare.go (Host-1 … Host-6);
// driver.go and ping.go watch it (Host-3); removal.go lets it finish what it has
// begun (Host-5).
//
// A replica that does not serve is never started again here: whoever drives it
// decides what takes its place.
package replica
