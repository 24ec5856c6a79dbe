package registry

import (
	"maps"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// mostMetadata is how many customer metadata properties a package has at most.
const mostMetadata = 50

// mergeMetadata is UpdMP-3: properties that are set, then removed. A key that does
// not exist may be removed. present is left as it is.
func mergeMetadata(present, set map[string]string, remove []string) (map[string]string, error) {
	merged := make(map[string]string, len(present)+len(set))
	maps.Copy(merged, present)
	maps.Copy(merged, set)
	for _, key := range remove {
		if _, both := set[key]; both {
			return nil, aws.Invalid("The customer metadata property %q is both set and removed. Name it in one of the two members.", key)
		}
		delete(merged, key)
	}
	switch n := len(merged); {
	case n > mostMetadata:
		return nil, aws.Invalid("The model package would have %d customer metadata properties; it can have up to %d.", n, mostMetadata)
	case n == 0:
		return nil, nil
	}
	return merged, nil
}

// update changes a version as the request says and says whether its approval is
// another one now; members that are absent change nothing (UpdMP-1).
func update(r *row, in *sagemaker.UpdateModelPackageInput, by *sagemaker.UserContext, at time.Time) (decided bool, err error) {
	p := &r.Body
	metadata, err := mergeMetadata(p.Request.CustomerMetadataProperties, in.CustomerMetadataProperties, in.CustomerMetadataPropertiesToRemove)
	if err != nil {
		return false, err
	}
	added := in.AdditionalInferenceSpecificationsToAdd
	if err := checkAdditional(p.Request.AdditionalInferenceSpecifications, added); err != nil {
		return false, err
	}
	if in.ModelApprovalStatus != "" {
		if decided, err = setApproval(r, in.ModelApprovalStatus, at); err != nil {
			return false, err
		}
	}
	if in.ApprovalDescription != nil {
		p.ApprovalDescription = in.ApprovalDescription
	}
	p.Request.CustomerMetadataProperties = metadata
	p.Request.AdditionalInferenceSpecifications = slices.Concat(p.Request.AdditionalInferenceSpecifications, added)
	p.LastModifiedBy = by
	return decided, nil
}
