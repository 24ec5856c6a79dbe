package channel_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/channel"
)

// Members that do not fit each other are refused with a sentence that names the
// channel (CreateTrainingJob-8, CreateTrainingJob-9, Data-2, Data-5, DescTJ-10, DescTJ-11,
// TrainData-7).
func TestCheck(t *testing.T) {
	t.Parallel()
	good := channel.Channel{Name: "train", Mode: channel.File, Type: channel.S3Prefix, URI: "s3://data/p/"}
	for name, c := range map[string]struct {
		change func(*channel.Channel)
		want   string // "" accepts
	}{
		"plain":          {func(*channel.Channel) {}, ""},
		"a whole bucket": {func(c *channel.Channel) { c.URI = "s3://data" }, ""},
		"gzip pipe": {func(c *channel.Channel) {
			c.Mode, c.Compression, c.Wrapper = channel.Pipe, channel.Gzip, channel.RecordIO
		}, ""},
		"none everywhere":      {func(c *channel.Channel) { c.Compression, c.Wrapper = channel.None, channel.None }, ""},
		"https":                {func(c *channel.Channel) { c.URI = "https://b/p" }, "is not of the form s3://bucket/key"},
		"no bucket":            {func(c *channel.Channel) { c.URI = "s3:///p" }, "is not of the form s3://bucket/key"},
		"dots":                 {func(c *channel.Channel) { c.Name = ".." }, "directory cannot have"},
		"unknown mode":         {func(c *channel.Channel) { c.Mode = "Mail" }, `the input mode "Mail"`},
		"gzip file":            {func(c *channel.Channel) { c.Compression = channel.Gzip }, "CompressionType Gzip, which only Pipe mode takes"},
		"records in FastFile":  {func(c *channel.Channel) { c.Mode, c.Wrapper = channel.FastFile, channel.RecordIO }, "In FastFile mode leave RecordWrapperType out"},
		"manifest in FastFile": {func(c *channel.Channel) { c.Mode, c.Type = channel.FastFile, channel.ManifestFile }, "FastFile mode does not take"},
		"augmented file":       {func(c *channel.Channel) { c.Type, c.AttributeNames = channel.AugmentedManifestFile, []string{"a"} }, "which only Pipe mode takes"},
		"augmented FastFile": {func(c *channel.Channel) {
			c.Mode, c.Type, c.AttributeNames = channel.FastFile, channel.AugmentedManifestFile, []string{"a"}
		}, "which only Pipe mode takes"},
		"augmented, no names": {func(c *channel.Channel) { c.Type, c.Mode = channel.AugmentedManifestFile, channel.Pipe }, "needs AttributeNames"},
		"augmented, 17 names": {func(c *channel.Channel) {
			c.Type, c.Mode, c.AttributeNames = channel.AugmentedManifestFile, channel.Pipe, make([]string, 17)
		}, "16 are possible"},
		"names without augmented": {func(c *channel.Channel) { c.AttributeNames = []string{"a"} }, "only AugmentedManifestFile takes"},
		"unknown type":            {func(c *channel.Channel) { c.Type = "Tape" }, `S3DataType "Tape"`},
	} {
		one := good
		c.change(&one)
		check(t, name, one.Check(), c.want)
	}
	pipe := good
	pipe.Mode = channel.Pipe
	other := good
	other.Name = "train_12"
	check(t, "pipe named like a channel", channel.CheckAll([]channel.Channel{pipe, other}), "Rename one of them")
	other.Name = "train_012" // no epoch is written so
	check(t, "pipe unlike a channel", channel.CheckAll([]channel.Channel{pipe, other}), "")
	check(t, "twice", channel.CheckAll([]channel.Channel{good, good}), "more than once")
}

func check(t *testing.T, name string, err error, want string) {
	t.Helper()
	var refusal *aws.Error
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: refused: %v", name, err)
	case want != "" && (!errors.As(err, &refusal) || refusal.Code != aws.ValidationException || !strings.Contains(refusal.Message, want)):
		t.Errorf("%s: %v, want a ValidationException with %q", name, err, want)
	}
}

// A request's channel is taken over with the job's mode where it has none of its
// own (Data-3, DescTJ-10).
func TestFromAPI(t *testing.T) {
	t.Parallel()
	in := &sagemaker.Channel{
		ChannelName: aws.Ptr("train"), CompressionType: sagemaker.CompressionTypeGzip, RecordWrapperType: sagemaker.RecordWrapperRecordIO,
		ShuffleConfig: &sagemaker.ShuffleConfig{Seed: aws.Ptr[int64](7)},
		DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{
			S3DataType: sagemaker.S3DataTypeAugmentedManifestFile, S3Uri: aws.Ptr("s3://b/m"),
			S3DataDistributionType: sagemaker.S3DataDistributionShardedByS3Key, AttributeNames: []string{"a"}, InstanceGroupNames: []string{"g"},
		}},
	}
	seed := int64(7)
	want := channel.Channel{Name: "train", Mode: channel.Pipe, Type: channel.AugmentedManifestFile, URI: "s3://b/m", Distribution: channel.ShardedByS3Key,
		Compression: channel.Gzip, Wrapper: channel.RecordIO, ShuffleSeed: &seed, AttributeNames: []string{"a"}, Groups: []string{"g"}}
	if got, ok := channel.FromAPI(in, sagemaker.TrainingInputModePipe); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
	in.InputMode = sagemaker.TrainingInputModeFastFile
	if got, _ := channel.FromAPI(in, sagemaker.TrainingInputModePipe); got.Mode != channel.FastFile {
		t.Errorf("mode %s", got.Mode)
	}
	if _, ok := channel.FromAPI(&sagemaker.Channel{DataSource: &sagemaker.DataSource{}}, sagemaker.TrainingInputModeFile); ok {
		t.Error("a channel without S3 was taken")
	}
}
