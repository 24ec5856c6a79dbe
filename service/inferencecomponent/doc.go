// Package inferencecomponent is inference components: models that share the
// instances of an endpoint, each in as many copies as it is asked for.
//
// A component has a durable task for as long as it exists (manager.go), which does
// over and over what a pure function says (advance.go): which copies there are to be,
// on which instance each stands, and which retire. The row lists both, so a server
// that comes back finds the programs that run and loses nothing. Copies are replicas
// (package replica), and the data path finds them by the component's name.
//
//	component.go   what is stored
//	status.go      the transitions, drawn in docs/states
//	place.go       on which instance a copy stands; pure
//	advance.go     what follows from what is known; pure
//	room.go        what an endpoint's instances have left
//	manager.go     the task
//
// The operations stand in files of their own.
package inferencecomponent
