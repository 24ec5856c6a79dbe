package feed

// Failure is why a feeder could not deliver what it should.
type Failure struct {
	// Reason is a sentence for the user.
	Reason string
	// Fatal says that data is missing without the program's knowing: the job must
	// not succeed, whatever the program says. Otherwise the program was told, by an
	// error of reading.
	Fatal bool
	// Internal says that it is not the user's to mend.
	Internal bool `json:",omitempty"`
}
