package training

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws/instance"
)

// bill says at the end of a job what it cost: the billable time, and what AWS
// would have charged for it. It ends the message of the last transition.
func (j *Job) bill(now time.Time) string {
	if j.StartedAt == nil {
		return ""
	}
	seconds := wholeSeconds(j.billed(now))
	perHour := 0.0
	for _, h := range j.Hosts {
		t, ok := instance.Lookup(h.InstanceType)
		if !ok || t.PriceUSDHour == 0 {
			return fmt.Sprintf(". Billable: %d s on %s", seconds, j.instances())
		}
		perHour += t.PriceUSDHour
	}
	first, _ := instance.Lookup(j.Hosts[0].InstanceType)
	return fmt.Sprintf(". Billable: %d s on %s; on demand, AWS would have charged about $%.4f (price list of %s)",
		seconds, j.instances(), perHour*float64(seconds)/3600, first.PriceDate)
}

// instances names the job's instances: "2 × ml.m5.xlarge".
func (j *Job) instances() string {
	var text string
	for i := 0; i < len(j.Hosts); {
		k := i
		for k < len(j.Hosts) && j.Hosts[k].InstanceType == j.Hosts[i].InstanceType {
			k++
		}
		if text != "" {
			text += " + "
		}
		text += fmt.Sprintf("%d × %s", k-i, j.Hosts[i].InstanceType)
		i = k
	}
	return text
}
