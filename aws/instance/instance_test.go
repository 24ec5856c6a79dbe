package instance_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/aws/instance"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	m5, ok := instance.Lookup("ml.m5.large")
	if !ok || m5.VCPUs != 2 || m5.MemoryBytes != 8<<30 || m5.LocalDiskBytes != 0 {
		t.Errorf("ml.m5.large = %+v, %v", m5, ok)
	}
	if g4, _ := instance.Lookup("ml.g4dn.xlarge"); g4.GPUs != 1 || g4.LocalDiskBytes == 0 {
		t.Errorf("ml.g4dn.xlarge = %+v", g4)
	}
	if _, ok := instance.Lookup("ml.nope.large"); ok {
		t.Error("an unknown type was found")
	}
}
