package endpoint

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// notes are the deployments that a graph was told of.
type notes struct {
	mu   sync.Mutex
	list []lineage.Endpoint
}

func (n *notes) RecordEndpoint(tx *store.Tx, _ aws.Scope, e lineage.Endpoint) error {
	tx.OnCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.list = append(n.list, e)
	})
	return nil
}

func (n *notes) all() []lineage.Endpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// QL-9, Search-1, Search-19: each fleet that comes to serve is noted once, with what
// it was deployed from; one that fails is not. Search shows the endpoint as it is.
func TestLineageAndSearch(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		graph := &notes{}
		b.Service.Lineage = graph
		b.config("first", 1, nil)
		b.config("second", 1, nil)
		b.config("broken", 1, map[string]string{"FAKE_REASON": "No."})
		b.known.models["second"] = replica.Model{Name: "second", Containers: []replica.Container{
			{Hostname: "c", Image: "example/serve:1"}, {Hostname: "d", Image: "example/serve:1", Package: "arn:package"},
		}}
		b.create("e", "first")
		b.await("e", inService)
		if err := b.rescale("e", &sagemaker.DesiredWeightAndCapacity{VariantName: aws.Ptr("v"), DesiredInstanceCount: aws.Ptr[int32](2)}); err != nil {
			b.t.Fatal(err)
		}
		b.await("e", inService)
		b.update("e", "second")
		b.await("e", inService)
		b.update("e", "broken")
		b.await("e", inService)
		image := lineage.Data{URI: "example/serve:1", Type: lineage.TypeImage}
		var got []string
		for _, e := range graph.all() {
			got = append(got, fmt.Sprint(e.Name, e.Status, e.Contributions))
		}
		want := []string{
			fmt.Sprint("e", "Completed", []lineage.Data{image}),
			fmt.Sprint("e", "Completed", []lineage.Data{image, {URI: "arn:package", Type: lineage.TypeModel}}),
		}
		if !slices.Equal(got, want) {
			b.t.Errorf("noted %q, want %q", got, want)
		}
		record, err := b.search("e")
		if err != nil || *record.EndpointConfigName != "second" || record.EndpointStatus != inService || len(record.ProductionVariants) != 1 || record.FailureReason == nil {
			b.t.Errorf("%+v, %v", record, err)
		}
	})
	r := &row{Body: Endpoint{Status: inService, Fleet: &Fleet{Generation: 1, Variants: []Variant{{Model: replica.Model{Containers: []replica.Container{{Data: &modeldata.Source{URI: "s3://b/m"}}}}}}}}}
	graph := &told{}
	if err := (&Service{Config: Config{Lineage: graph}}).recordLineage(nil, r); err != nil || graph.e.Contributions[0] != (lineage.Data{URI: "s3://b/m", Type: lineage.TypeModel}) {
		t.Errorf("%+v, %v", graph.e, err)
	}
}

// told remembers the last deployment.
type told struct{ e lineage.Endpoint }

func (t *told) RecordEndpoint(_ *store.Tx, _ aws.Scope, e lineage.Endpoint) error {
	t.e = e
	return nil
}

// search is the endpoint as Search shows it.
func (b *bundle) search(name string) (found *sagemaker.Endpoint, err error) {
	err = b.DB.View(b.ctx, func(tx *store.Tx) error {
		r, err := b.Searchable().Record(tx, home, name)
		if err == nil {
			found = r.Endpoint
		}
		return err
	})
	return found, err
}
