package instance_test

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/aws/schema"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	m5, ok := instance.Lookup("ml.m5.large")
	if !ok || m5.VCPUs != 2 || m5.MemoryBytes != 8<<30 || m5.LocalDiskBytes != 0 || !m5.EBSOnly ||
		m5.Family != "m5" || m5.Size != "large" || m5.Arch != "x86_64" || m5.NetworkBitsPerSecond != 10e9 {
		t.Errorf("ml.m5.large = %+v, %v", m5, ok)
	}
	if g4, _ := instance.Lookup("ml.g4dn.12xlarge"); g4.GPUs != 4 || g4.GPUModel != "NVIDIA T4" || g4.GPUMemoryBytes != 64<<30 ||
		g4.LocalDiskBytes != 900e9 || g4.EBSOnly || g4.Accelerators != 0 {
		t.Errorf("ml.g4dn.12xlarge = %+v", g4)
	}
	if trn, _ := instance.Lookup("ml.trn1.32xlarge"); trn.GPUs != 0 || trn.Accelerators != 16 || trn.AcceleratorModel != "AWS Trainium" ||
		trn.AcceleratorMemoryBytes != 512<<30 {
		t.Errorf("ml.trn1.32xlarge = %+v", trn)
	}
	if m6g, _ := instance.Lookup("ml.m6g.large"); m6g.Arch != "arm64" {
		t.Errorf("ml.m6g.large = %+v", m6g)
	}
	for _, name := range []string{"ml.nope.large", "m5.large", "system", ""} {
		if _, ok := instance.Lookup(name); ok {
			t.Errorf("%q was found", name)
		}
	}
}

// CreateTrainingJob-11 and whatever else asks for a type: every ml.* value of
// every enum of the API model has a row, and every row is sane.
func TestEveryEnumValueHasARow(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	enums := map[string]bool{}
	for _, op := range sagemaker.Service.Operations {
		walk(op.Input, map[*schema.Shape]bool{}, func(s *schema.Shape) {
			for _, value := range s.Enum {
				if strings.HasPrefix(value, "ml.") {
					enums[s.Name] = true
					seen[value] = true
				}
			}
		})
	}
	for _, name := range []string{"TrainingInstanceType", "ProductionVariantInstanceType", "ProcessingInstanceType",
		"TransformInstanceType", "AppInstanceType", "InstanceType", "ClusterInstanceType", "ProductionVariantAcceleratorType"} {
		if !enums[name] {
			t.Errorf("the walk over the API model did not come across %s", name)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d types in the API model", len(seen))
	}
	for name := range seen {
		got, ok := instance.Lookup(name)
		if !ok {
			t.Errorf("%s has no row", name)
			continue
		}
		if fault := insane(got); fault != "" {
			t.Errorf("%s: %s: %+v", name, fault, got)
		}
	}
}

// insane says what is wrong with a row, "" if nothing is.
func insane(t instance.Type) string {
	machine := t.Family != "eia1" && t.Family != "eia2" && t.Family != "geospatial"
	gib, priced := t.MemoryBytes>>30, t.PriceUSDHour > 0
	switch {
	case machine != (t.VCPUs > 0), machine != (gib > 0), machine != (t.NetworkBitsPerSecond > 0):
		return "a machine has processors, memory and a network, an accelerator none of them"
	case machine && (t.VCPUs > 192 || gib > 2048 || gib < int64(t.VCPUs)/2):
		return "more processors or memory than any type has, or less than half a GiB a processor"
	case machine && t.Arch != "x86_64" && t.Arch != "arm64":
		return "unknown architecture"
	case machine && t.EBSOnly != (t.LocalDiskBytes == 0):
		return "EBSOnly and the local disk contradict each other"
	case (t.GPUs > 0) != strings.HasPrefix(t.GPUModel, "NVIDIA "), (t.GPUs > 0) != (t.GPUMemoryBytes > 0):
		return "GPUs come with a model and memory"
	case t.GPUs > 0 && (t.GPUMemoryBytes/int64(t.GPUs) < 12<<30 || t.GPUMemoryBytes/int64(t.GPUs) > 80<<30):
		return "no such GPU has 12 to 80 GiB"
	case (t.Accelerators > 0) != (t.AcceleratorModel != ""), t.Accelerators > 0 && t.AcceleratorMemoryBytes == 0:
		return "accelerators come with a model and memory"
	case strings.HasPrefix(t.Family, "p") && t.GPUs == 0, strings.HasPrefix(t.Family, "g4") && t.GPUs == 0, strings.HasPrefix(t.Family, "g5") && t.GPUs == 0:
		return "types of this family have GPUs"
	case strings.HasSuffix(t.Family, "d") && machine && t.LocalDiskBytes == 0:
		return "types whose family ends in d have a disk"
	case priced != (t.PriceSource != ""), priced != (t.PriceDate != ""):
		return "a price says where it is from and of when, and no price does not"
	case priced && (t.PriceUSDHour < 0.01 || t.PriceUSDHour > 120):
		return "a price out of the ordinary"
	case t.PriceEstimated() && t.PriceRegion != "us-east-1":
		return "estimates are for us-east-1"
	case machine && !priced:
		return "no price"
	}
	return ""
}

// Within a family, twice the size has twice the processors, and does not cost less.
func TestFamiliesGrow(t *testing.T) {
	t.Parallel()
	for small, large := range map[string]string{
		"ml.m5.large": "ml.m5.xlarge", "ml.m5.xlarge": "ml.m5.24xlarge", "ml.c5.2xlarge": "ml.c5.18xlarge",
		"ml.g5.xlarge": "ml.g5.48xlarge", "ml.r7i.large": "ml.r7i.48xlarge", "ml.t3.medium": "ml.t3.2xlarge",
	} {
		a, _ := instance.Lookup(small)
		b, _ := instance.Lookup(large)
		if a.VCPUs >= b.VCPUs || a.MemoryBytes >= b.MemoryBytes || a.PriceUSDHour >= b.PriceUSDHour {
			t.Errorf("%s = %+v is not smaller than %s = %+v", small, a, large, b)
		}
	}
}

// walk visits a shape and all that it is made of.
func walk(s *schema.Shape, done map[*schema.Shape]bool, visit func(*schema.Shape)) {
	if s == nil || done[s] {
		return
	}
	done[s] = true
	visit(s)
	walk(s.Elem, done, visit)
	walk(s.Key, done, visit)
	for i := range s.Members {
		walk(s.Members[i].Shape, done, visit)
	}
}
