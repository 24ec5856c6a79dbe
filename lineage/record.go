package lineage

import "time"

// What services report of their resources, for the graph to grow by itself
// (QL-9). service/lineage records it, inside the transaction that the resource
// changes in; a service declares the one method it calls as an interface:
//
//	RecordJob(tx *store.Tx, scope aws.Scope, job lineage.Job) error
//	RecordModelPackage(tx *store.Tx, scope aws.Scope, p lineage.ModelPackage) error
//	RecordApproval(tx *store.Tx, scope aws.Scope, a lineage.Approval) error
//	RecordEndpoint(tx *store.Tx, scope aws.Scope, e lineage.Endpoint) error

// The entity types that are used for what appears by itself, as the Python SDK
// knows them (QL-6).
const (
	TypeDataSet = "DataSet"
	TypeImage   = "Image"
	// TypeModel is that of model archives and of model packages, as the live service has it.
	TypeModel           = "Model"
	TypeModelData       = "ModelData"
	TypeModelGroup      = "ModelGroup"
	TypeAlgorithm       = "Algorithm"
	TypeCheckpoint      = "Checkpoint"
	TypeTensorBoard     = "TensorBoard"
	TypeApproval        = "Approval"
	TypeModelDeployment = "ModelDeployment"
	TypeEndpoint        = "Endpoint"
	TypeTrainingJob     = "TrainingJob"
	TypeProcessingJob   = "ProcessingJob"
	TypeTransformJob    = "TransformJob"
)

// Data is what a URI names: an S3 URI, an image, an ARN. There is one artifact
// for each URI, exactly as it is written.
type Data struct{ URI, Type string }

// Job is a job as its trial component stands in the graph.
type Job struct {
	// Component is the ARN of the trial component. Whoever keeps trial components
	// puts its vertex, in the same transaction and before; a job whose component
	// was deleted meanwhile is not noted.
	Component string
	// Inputs contributed to the job; the job produced Outputs.
	Inputs, Outputs []Data
}

// ModelPackage is a new version in a group, or a package without one.
type ModelPackage struct {
	ARN, Name string
	// GroupARN and GroupName are "" for a package without a group.
	GroupARN, GroupName string
	// Version within the group, 0 without.
	Version int
	// Approval is the status it starts with, "" for none.
	Approval string
	// Contributions are the images and model data of its containers, and the
	// algorithms it was made from.
	Contributions []Data
}

// Approval is a change of a model package's approval status.
type Approval struct {
	// PackageARN and Name are those of the package.
	PackageARN, Name string
	GroupName        string
	Version          int
	// Status is the new one.
	Status string
}

// Endpoint is an endpoint with what it was deployed from.
type Endpoint struct {
	ARN, Name string
	CreatedAt time.Time
	// Status is that of the deployment, a status of actions: Completed, Failed.
	Status string
	// Contributions are the model data, images and packages behind it.
	Contributions []Data
}
