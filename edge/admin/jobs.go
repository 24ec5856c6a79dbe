package admin

import (
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
)

// interruptJob takes the capacity of a spot job away.
func (h *handler) interruptJob(r *http.Request) (any, error) {
	in, err := decode[InterruptRequest](r)
	if err != nil {
		return nil, err
	}
	return struct{}{}, h.Jobs.Interrupt(r.Context(), aws.Scope{Account: in.AccountID, Region: in.Region}, in.Name)
}
