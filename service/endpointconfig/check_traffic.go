package endpointconfig

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// checkCapture is CreateEndpointConfig-10.
func checkCapture(in *sagemaker.CreateEndpointConfigInput) error {
	c := in.DataCaptureConfig
	if c == nil {
		return nil
	}
	if h := c.CaptureContentTypeHeader; h != nil {
		for _, t := range h.CsvContentTypes {
			if slices.Contains(h.JsonContentTypes, t) {
				return aws.Invalid("CaptureContentTypeHeader has the content type %s as CSV and as JSON. Name it once.", t)
			}
		}
	}
	return checkURI("DataCaptureConfig.DestinationS3Uri", *c.DestinationS3Uri)
}

// checkAsync is CreateEndpointConfig-11: every answer has somewhere to go.
func checkAsync(in *sagemaker.CreateEndpointConfigInput) error {
	if in.AsyncInferenceConfig == nil {
		return nil
	}
	out := in.AsyncInferenceConfig.OutputConfig
	success, failure := false, false // whether answers are in the notifications
	if n := out.NotificationConfig; n != nil {
		success = slices.Contains(n.IncludeInferenceResponseIn, sagemaker.AsyncNotificationTopicTypesSuccessNotificationTopic)
		failure = slices.Contains(n.IncludeInferenceResponseIn, sagemaker.AsyncNotificationTopicTypesErrorNotificationTopic)
		switch {
		case success && n.SuccessTopic == nil:
			return aws.Invalid("IncludeInferenceResponseIn has SUCCESS_NOTIFICATION_TOPIC, and there is no SuccessTopic. Give one, or leave the value out.")
		case failure && n.ErrorTopic == nil:
			return aws.Invalid("IncludeInferenceResponseIn has ERROR_NOTIFICATION_TOPIC, and there is no ErrorTopic. Give one, or leave the value out.")
		}
	}
	if out.S3OutputPath == nil && !success {
		return aws.Invalid("AsyncInferenceConfig has neither an S3OutputPath nor a SuccessTopic that includes the responses, so nobody would get them. Give an S3OutputPath.")
	}
	for _, m := range []struct {
		name string
		uri  *string
	}{{"S3OutputPath", out.S3OutputPath}, {"S3FailurePath", out.S3FailurePath}} {
		if m.uri == nil {
			continue
		}
		if err := checkURI("AsyncInferenceConfig.OutputConfig."+m.name, *m.uri); err != nil {
			return err
		}
	}
	return nil
}
