package proxy

// Capacity is how many requests the endpoint's instances take at a time, 0 while
// it serves none, and how many instances there are.
func (t *Table) Capacity(k Key) (requests, instances int) {
	e := t.find(k)
	if e == nil || e.NotServing != nil {
		return 0, 0
	}
	for _, v := range e.Production {
		if v.Weight > 0 {
			instances += len(v.Instances)
		}
	}
	return instances * e.Limits.Queue, instances
}

// Asynchronous are the endpoints that take InvokeEndpointAsync alone, and serve.
func (t *Table) Asynchronous() (list []Key) {
	for k, e := range *t.endpoints.Load() {
		if e.Async && e.NotServing == nil {
			list = append(list, k)
		}
	}
	return list
}
