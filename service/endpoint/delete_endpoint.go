package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteEndpoint ends an endpoint: it takes no more requests, its instances finish
// what they have begun and are removed, and then it does not exist any more
// (DeleteEndpoint-1). One that is being created or updated refuses
// (DescribeEndpoint-3).
func (s *Service) DeleteEndpoint(ctx context.Context, in *sagemaker.DeleteEndpointInput) (*sagemaker.DeleteEndpointOutput, error) {
	_, err := endpoints.Change(ctx, s.Base, *in.EndpointName, func(tx *store.Tx, r *row) error {
		if err := may(remove, r); err != nil {
			return err
		}
		if err := s.checkComponents(tx, r, nil); err != nil {
			return err
		}
		if err := fire(remove, &r.Body, tx.Now); err != nil {
			return err
		}
		r.Status = string(r.Body.Status)
		return s.enqueue(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteEndpointOutput{}, nil
}
