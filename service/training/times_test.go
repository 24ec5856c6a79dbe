package training

import (
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// A job's time begins with its instances, before the data is there, and ends with
// the upload; that of a job that fails ends when the failure is found, whatever is
// uploaded then. LastModifiedTime is that of the last status
// (CreateTrainingJob-28, DescTJ-5).
func TestTimes(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for name, c := range map[string]struct {
		env  map[string]string
		ends sagemaker.SecondaryStatus // the status whose beginning is the job's end
	}{
		"completes":  {map[string]string{"FAKE_MODEL": "m"}, sagemaker.SecondaryStatusCompleted},
		"is-stopped": {map[string]string{"FAKE_MODEL": "m", "FAKE_SLEEP": "1h"}, sagemaker.SecondaryStatusStopped},
		"fails":      {map[string]string{"FAKE_EXIT_CODE": "1", "FAKE_FILES": "output/data/x=1"}, sagemaker.SecondaryStatusUploading},
	} {
		req := request(name)
		req.Environment = c.env
		b.create(req)
		if c.env["FAKE_SLEEP"] != "" {
			b.await(name, in(sagemaker.SecondaryStatusTraining))
			b.stop(name)
		}
		out := b.await(name, ended)
		at := map[sagemaker.SecondaryStatus]time.Time{}
		for _, tr := range out.SecondaryStatusTransitions {
			at[tr.Status] = *tr.StartTime
		}
		if begun := *out.TrainingStartTime; begun.Before(at["Starting"]) || !begun.Before(at["Downloading"]) {
			t.Errorf("%s: TrainingStartTime %v is not between %v and %v", name, begun, at["Starting"], at["Downloading"])
		}
		if !out.TrainingEndTime.Equal(at[c.ends]) {
			t.Errorf("%s: TrainingEndTime %v, want that of %s in %v", name, out.TrainingEndTime, c.ends, at)
		}
		last := out.SecondaryStatusTransitions[len(out.SecondaryStatusTransitions)-1]
		if !out.LastModifiedTime.Equal(*last.StartTime) {
			t.Errorf("%s: LastModifiedTime %v, last status at %v", name, out.LastModifiedTime, last.StartTime)
		}
	}
	if got := b.object("out/is-stopped/output/model.tar.gz"); got == "" {
		t.Error("no model")
	}
}

// Billed is the time on instances, of one whatever their number: what waits
// between two attempts is not, so that a spot job saves (1 - billable/training).
// (CreateTrainingJob-28, DescTJ-6)
func TestBillable(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	req := spotRequest("billed")
	req.ResourceConfig.InstanceCount = aws.Ptr[int32](4)
	r := &row{Name: "billed", Body: Job{Request: *req, Hosts: hostsOf(req)}}
	claim := func(seconds int) {
		now := at(seconds)
		if r.Body.Claimed, r.Body.AttemptAt = true, &now; r.Body.StartedAt == nil {
			r.Body.StartedAt = &now
		}
	}
	move := func(seconds int, tr transition) {
		t.Helper()
		if out := describe(r); out.BillableTimeInSeconds != nil || out.TrainingTimeInSeconds != nil {
			t.Errorf("the times of a job that has not ended: %d, %d", *out.BillableTimeInSeconds, *out.TrainingTimeInSeconds)
		}
		must(t, fire(tr, r, at(seconds), tr.Name))
	}
	begin(r, at(0))
	claim(10)
	move(20, train)
	move(100, interrupt)
	move(110, restart) // 100 s on instances
	claim(1010)
	move(1020, train)
	move(1100, upload)
	move(1110, complete) // another 100 s
	out := describe(r)
	if *out.TrainingTimeInSeconds != 1100 || *out.BillableTimeInSeconds != 200 {
		t.Errorf("trained for %d s, billed %d s", *out.TrainingTimeInSeconds, *out.BillableTimeInSeconds)
	}
	// The price is that of all instances: 4 × 200 s of ml.m5.large.
	if bill := r.Body.bill(at(1110)); !strings.Contains(bill, "Billable: 200 s on 4 × ml.m5.large") || !strings.Contains(bill, "$0.0256 ") {
		t.Errorf("%q", bill)
	}
}
