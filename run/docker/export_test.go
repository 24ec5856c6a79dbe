package docker

// Owner is the word that tells the runner's containers from others'.
func (r *Runner) Owner() string { return r.owner }
