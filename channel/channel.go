package channel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// Modes of a channel, spelled as in the API.
const (
	File     = "File"
	Pipe     = "Pipe"
	FastFile = "FastFile"
)

// What a channel's URI names.
const (
	S3Prefix              = "S3Prefix"
	ManifestFile          = "ManifestFile"
	AugmentedManifestFile = "AugmentedManifestFile"
)

// How a channel is divided between hosts; "" is FullyReplicated.
const (
	FullyReplicated = "FullyReplicated"
	ShardedByS3Key  = "ShardedByS3Key"
)

// Values of Compression and Wrapper; "" is None.
const (
	None     = "None"
	Gzip     = "Gzip"
	RecordIO = "RecordIO"
)

// Channel is one channel of a job with its effective settings, spelled as in the
// API. A channel on a file system (EFS, FSx) is a mount and none of this package.
type Channel struct {
	// Name of the channel and its directory.
	Name string
	// Mode is the channel's InputMode, or the job's where it has none (Data-3).
	Mode string
	// Type is the S3DataType.
	Type string
	// URI is the S3Uri: a prefix, or a manifest's object.
	URI string
	// Distribution is the S3DataDistributionType.
	Distribution string
	// Compression and Wrapper are CompressionType and RecordWrapperType.
	Compression, Wrapper string
	// ShuffleSeed is ShuffleConfig.Seed, nil without a ShuffleConfig.
	ShuffleSeed *int64
	// AttributeNames pick the attributes of an augmented manifest, in this order.
	AttributeNames []string
	// Groups are the InstanceGroupNames that get the channel, empty for all.
	Groups []string
}

// Host is one host of a job.
type Host struct {
	// Name is for messages: "algo-1".
	Name string
	// Dir is the directory of this machine that the host's program sees as
	// /opt/ml. A host with Dir "" is on another machine: it counts where a channel
	// is divided between hosts, and gets nothing from here.
	Dir string
	// Group is its instance group, "" without groups.
	Group string
}

// maxAttributes is how many attribute names a channel may have (TrainData-7).
const maxAttributes = 16

// Check refuses members that do not fit each other, with ValidationException:
// CreateTrainingJob-8 and -9, TrainData-7, Data-2, Data-5.
func (c *Channel) Check() error {
	for _, rule := range []func(*Channel) string{
		checkName, checkURI, checkPipeOnly, checkType, checkAttributes,
	} {
		if text := rule(c); text != "" {
			return aws.Invalid("The channel %q %s", c.Name, text)
		}
	}
	return nil
}

func checkName(c *Channel) string {
	if c.Name == "" || c.Name == "." || c.Name == ".." || strings.ContainsAny(c.Name, "/\x00") {
		return "has a name that a directory cannot have."
	}
	return ""
}

func checkURI(c *Channel) string {
	if _, _, err := blob.ParseURI(c.URI); err != nil {
		return fmt.Sprintf("has an S3Uri that cannot be used: %v.", err)
	}
	return ""
}

// checkPipeOnly is CreateTrainingJob-9.
func checkPipeOnly(c *Channel) string {
	switch {
	case c.Mode == Pipe:
	case c.Mode != File && c.Mode != FastFile:
		return fmt.Sprintf("has the input mode %q. The modes are File, Pipe and FastFile.", c.Mode)
	case c.Compression == Gzip:
		return "has CompressionType Gzip, which only Pipe mode takes. In " + c.Mode + " mode leave CompressionType out or use None."
	case c.Wrapper == RecordIO:
		return "has RecordWrapperType RecordIO, which only Pipe mode takes. In " + c.Mode + " mode leave RecordWrapperType out or use None."
	}
	return ""
}

// checkType is CreateTrainingJob-8.
func checkType(c *Channel) string {
	switch c.Type {
	case S3Prefix:
	case ManifestFile:
		if c.Mode == FastFile {
			return "has S3DataType ManifestFile, which FastFile mode does not take. Use File or Pipe mode, or S3Prefix."
		}
	case AugmentedManifestFile:
		if c.Mode != Pipe {
			return "has S3DataType AugmentedManifestFile, which only Pipe mode takes. Its mode is " + c.Mode + "."
		}
	default:
		return fmt.Sprintf("has the S3DataType %q. The types are S3Prefix, ManifestFile and AugmentedManifestFile.", c.Type)
	}
	return ""
}

// checkAttributes is about AttributeNames (TrainData-7).
func checkAttributes(c *Channel) string {
	switch {
	case c.Type != AugmentedManifestFile && len(c.AttributeNames) > 0:
		return "has AttributeNames, which only AugmentedManifestFile takes."
	case c.Type != AugmentedManifestFile:
		return ""
	case len(c.AttributeNames) == 0:
		return "has S3DataType AugmentedManifestFile and needs AttributeNames: the attributes to stream, in order."
	case len(c.AttributeNames) > maxAttributes:
		return fmt.Sprintf("has %d AttributeNames; %d are possible.", len(c.AttributeNames), maxAttributes)
	}
	return ""
}

// CheckAll checks every channel and what several of them cannot do together.
func CheckAll(channels []Channel) error {
	names := map[string]bool{}
	for i := range channels {
		c := &channels[i]
		if err := c.Check(); err != nil {
			return err
		}
		if names[c.Name] {
			return aws.Invalid("The channel name %q occurs more than once. Channel names must be unique.", c.Name)
		}
		names[c.Name] = true
	}
	for _, c := range channels {
		if c.Mode != Pipe {
			continue
		}
		for name := range names {
			if rest, ok := strings.CutPrefix(name, c.Name+"_"); ok && isEpoch(rest) {
				return aws.Invalid("The channel %q has Pipe mode, and its pipe %q would have the name of another channel. Rename one of them.", c.Name, name)
			}
		}
	}
	return nil
}

// isEpoch says whether s is how an epoch is written in a pipe's name.
func isEpoch(s string) bool {
	n, err := strconv.ParseUint(s, 10, 63)
	return err == nil && strconv.FormatUint(n, 10) == s
}
