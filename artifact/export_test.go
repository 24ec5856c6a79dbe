package artifact

// WithParts is o with parts of that many bytes.
func (o Object) WithParts(size int64) Object {
	o.part = size
	return o
}
