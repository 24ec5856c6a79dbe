package contract

import (
	"mime"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// checkChannels is DescribeAlgorithm-7. mode is the job's own input mode, which
// channels without one have.
func checkChannels(spec *sagemaker.TrainingSpecification, given []*sagemaker.Channel, mode sagemaker.TrainingInputMode) error {
	var declared, present []string
	for _, c := range spec.TrainingChannels {
		declared = append(declared, *c.Name)
	}
	for _, c := range given {
		name := *c.ChannelName
		at := slices.Index(declared, name)
		if at < 0 {
			return aws.Invalid("The channel %q of InputDataConfig is none of the algorithm's, which are %s.", name, listing(declared))
		}
		if err := checkChannel(spec.TrainingChannels[at], c, mode); err != nil {
			return err
		}
		present = append(present, name)
	}
	for _, c := range spec.TrainingChannels {
		if aws.Val(c.IsRequired) && !slices.Contains(present, *c.Name) {
			return aws.Invalid("The algorithm requires the channel %q, but InputDataConfig does not have it.", *c.Name)
		}
	}
	return nil
}

func checkChannel(spec *sagemaker.ChannelSpecification, c *sagemaker.Channel, mode sagemaker.TrainingInputMode) error {
	member := "InputDataConfig[" + *c.ChannelName + "]."
	if c.InputMode != "" {
		mode = c.InputMode
	}
	switch {
	case !slices.Contains(spec.SupportedInputModes, mode):
		return aws.Invalid("%sInputMode is %s, but the algorithm takes this channel in the mode %s only.", member, mode, listing(spec.SupportedInputModes))
	case c.ContentType != nil && !slices.ContainsFunc(spec.SupportedContentTypes, func(t string) bool { return sameType(t, *c.ContentType) }):
		return aws.Invalid("%sContentType is %q, but the algorithm takes %s on this channel.", member, *c.ContentType, listing(spec.SupportedContentTypes))
	// The list says which compressions are allowed if there is one, so none at all
	// always is.
	case c.CompressionType != "" && c.CompressionType != sagemaker.CompressionTypeNone && !slices.Contains(spec.SupportedCompressionTypes, c.CompressionType):
		allowed := spec.SupportedCompressionTypes
		if len(allowed) == 0 {
			allowed = []sagemaker.CompressionType{sagemaker.CompressionTypeNone}
		}
		return aws.Invalid("%sCompressionType is %s, but the algorithm takes %s on this channel.", member, c.CompressionType, listing(allowed))
	}
	return nil
}

// sameType says whether a content type is the declared one, or a more exact form
// of it: text/csv takes "text/csv; label_size=0" too. Letter case does not matter.
func sameType(declared, given string) bool {
	if strings.EqualFold(declared, given) {
		return true
	}
	d, parameters, err := mime.ParseMediaType(declared)
	g, _, errGiven := mime.ParseMediaType(given)
	return err == nil && errGiven == nil && len(parameters) == 0 && d == g
}
