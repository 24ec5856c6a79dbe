package crash

import "strings"

// nothing prepares nothing.
func nothing(*desk, string) {}

// changes are the changes of several rows that are tried, by kind.
var changes = map[string]change{
	"version": { // the group's number, the package, the token, its lineage
		prepare: func(d *desk, name string) { d.make("CreateModelPackageGroup", object{"ModelPackageGroupName": name}) },
		try:     func(d *desk, name string) error { return d.once("CreateModelPackage", version(name)) },
		state: func(d *desk, name string) string {
			arn := account + "model-package/" + name + "/1"
			state := strings.Join([]string{
				d.count("ListModelPackages", object{"ModelPackageGroupName": name}, "ModelPackageSummaryList"),
				d.is("DescribeModelPackage", object{"ModelPackageName": arn}, "ModelPackageVersion"), d.sources(arn), d.connected(arn),
				d.sources(account + "model-package-group/" + name),
			}, " ")
			// The same token gives the number 1 in both cases, once.
			again := d.is("CreateModelPackage", version(name), "ModelPackageArn")
			return state + " " + strings.TrimPrefix(again, arn) + d.count("ListModelPackages", object{"ModelPackageGroupName": name}, "ModelPackageSummaryList")
		},
		before: "0 - 000 0 000 1", after: "1 1 101 3 010 1",
	},
	"approval": { // the version, and the action with its association
		prepare: func(d *desk, name string) {
			d.make("CreateModelPackageGroup", object{"ModelPackageGroupName": name})
			d.make("CreateModelPackage", version(name))
		},
		try: func(d *desk, name string) error {
			return d.once("UpdateModelPackage", object{"ModelPackageArn": account + "model-package/" + name + "/1", "ModelApprovalStatus": "Approved"})
		},
		state: func(d *desk, name string) string {
			arn := account + "model-package/" + name + "/1"
			listed := d.count("ListModelPackages", object{"ModelPackageGroupName": name, "ModelApprovalStatus": "Approved"}, "ModelPackageSummaryList")
			return strings.Join([]string{d.is("DescribeModelPackage", object{"ModelPackageName": arn}, "ModelApprovalStatus"), listed, d.sources(arn), d.connected(arn)}, " ")
		},
		before: "PendingManualApproval 0 101 3", after: "Approved 1 102 4",
	},
	"group": { // the group and its tags
		prepare: nothing,
		try: func(d *desk, name string) error {
			return d.once("CreateModelPackageGroup", object{"ModelPackageGroupName": name, "Tags": tags(3)})
		},
		state: func(d *desk, name string) string {
			return d.is("DescribeModelPackageGroup", object{"ModelPackageGroupName": name}, "ModelPackageGroupStatus") + " " + d.tagged("model-package-group/"+name)
		},
		before: "- -", after: "Completed 3",
	},
	"component": { // the component, its tags, its place in the lineage
		prepare: nothing,
		try:     func(d *desk, name string) error { return d.once("CreateTrialComponent", newComponent(name)) },
		state:   componentState,
		before:  "- - -", after: "[] 2 1",
	},
	"no-component": { // the component with its metrics, tags and place, all gone
		prepare: func(d *desk, name string) {
			d.make("CreateTrialComponent", newComponent(name))
			if err := points(d.s.Client(), d.ctx, name); err != nil {
				d.t.Errorf("%s: %v", name, err)
			}
		},
		try: func(d *desk, name string) error {
			return d.once("DeleteTrialComponent", object{"TrialComponentName": name})
		},
		state: func(d *desk, name string) string {
			state := componentState(d, name)
			if strings.HasPrefix(state, "-") { // nothing comes back with the name
				d.make("CreateTrialComponent", object{"TrialComponentName": name})
				return state + ", then " + componentState(d, name)
			}
			return strings.Replace(state, "[10 10]", "[5 5]", 1) // the points were sent again after a kill
		},
		before: "[5 5] 2 1", after: "- - -, then [] 0 1",
	},
	"points": { // ten values and two summaries
		prepare: func(d *desk, name string) { d.make("CreateTrialComponent", newComponent(name)) },
		try:     func(d *desk, name string) error { return points(d.s.As(d.s.Credentials()), d.ctx, name) },
		state:   func(d *desk, name string) string { return d.counts(name) },
		before:  "[]", after: "[5 5]",
	},
	"member": { // the trial's list and the component's
		prepare: func(d *desk, name string) {
			d.make("CreateExperiment", object{"ExperimentName": name})
			d.make("CreateTrial", object{"ExperimentName": name, "TrialName": name})
			d.make("CreateTrialComponent", newComponent(name))
		},
		try: func(d *desk, name string) error {
			return d.once("AssociateTrialComponent", object{"TrialName": name, "TrialComponentName": name})
		},
		state: func(d *desk, name string) string {
			return d.count("ListTrialComponents", object{"TrialName": name}, "TrialComponentSummaries") + d.count("ListTrials", object{"TrialComponentName": name}, "TrialSummaries") +
				d.count("ListTrialComponents", object{"ExperimentName": name}, "TrialComponentSummaries")
		},
		before: "000", after: "111",
	},
	"card": { // the card and its second version
		prepare: func(d *desk, name string) { d.make("CreateModelCard", card(name)) },
		try: func(d *desk, name string) error {
			return d.once("UpdateModelCard", object{"ModelCardName": name, "Content": `{"model_overview":{"model_name":"two"}}`})
		},
		state:  cardState,
		before: "1 1 2", after: "2 2 2",
	},
	"no-card": { // the card, its versions and tags, all gone
		prepare: func(d *desk, name string) {
			d.make("CreateModelCard", card(name))
			for d.is("DescribeModelCard", object{"ModelCardName": name}, "ModelCardVersion") == "1" {
				d.make("UpdateModelCard", object{"ModelCardName": name, "Content": `{"model_overview":{"model_name":"two"}}`})
			}
		},
		try: func(d *desk, name string) error { return d.once("DeleteModelCard", object{"ModelCardName": name}) },
		state: func(d *desk, name string) string {
			state := cardState(d, name)
			if strings.HasPrefix(state, "-") {
				d.make("CreateModelCard", object{"ModelCardName": name, "Content": "{}", "ModelCardStatus": "Draft"})
				return state + ", then " + cardState(d, name)
			}
			return strings.Replace(state, "3 3", "2 2", 1) // the update was sent again after a kill
		},
		before: "2 2 2", after: "- - -, then 1 1 0",
	},
	"tags": { // five tags and what they are searched by
		prepare: func(d *desk, name string) { d.make("CreateExperiment", object{"ExperimentName": name}) },
		try: func(d *desk, name string) error {
			return d.once("AddTags", object{"ResourceArn": account + "experiment/" + name, "Tags": tags(5)})
		},
		state: func(d *desk, name string) string {
			search := object{"Resource": "Experiment", "SearchExpression": object{"Filters": []object{
				{"Name": "ExperimentName", "Value": name}, {"Name": "Tags.k0", "Operator": "Exists"}, {"Name": "Tags.k4", "Operator": "Exists"}}}}
			return d.tagged("experiment/"+name) + " " + d.count("Search", search, "Results")
		},
		before: "0 0", after: "5 1",
	},
	"action": { // the action, its tags, its place in the lineage, all gone
		prepare: func(d *desk, name string) { d.make("CreateAction", action(name)) },
		try:     func(d *desk, name string) error { return d.once("DeleteAction", object{"ActionName": name}) },
		state: func(d *desk, name string) string {
			return d.is("DescribeAction", object{"ActionName": name}, "ActionType") + " " + d.tagged("action/"+name) + " " + d.sources("s3://b/"+name) + " " + d.vertices("action/"+name)
		},
		before: "t 2 001 1", after: "- - 000 -",
	},
}

func action(name string) object {
	return object{"ActionName": name, "ActionType": "t", "Source": object{"SourceUri": "s3://b/" + name}, "Tags": tags(2)}
}

// vertices are what QueryLineage answers of an entity that leads nowhere.
func (d *desk) vertices(resource string) string {
	return d.count("QueryLineage", object{"StartArns": []string{account + resource}, "IncludeEdges": true}, "Vertices")
}

// componentState is a component's metrics, tags and place in the lineage.
func componentState(d *desk, name string) string {
	resource := "experiment-trial-component/" + name
	return d.counts(name) + " " + d.tagged(resource) + " " + d.vertices(resource)
}

// cardState is a card's version, how many it has, and its tags.
func cardState(d *desk, name string) string {
	return d.is("DescribeModelCard", object{"ModelCardName": name}, "ModelCardVersion") + " " +
		d.count("ListModelCardVersions", object{"ModelCardName": name}, "ModelCardVersionSummaryList") + " " + d.tagged("model-card/"+name)
}
