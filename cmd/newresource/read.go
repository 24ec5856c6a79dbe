package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// resource is what the templates say.
type resource struct {
	// Noun is the API's ("CodeRepository"), Var and Plural Go's for the table,
	// Snake the file's, ARN the word in ARNs, Package the directory's.
	Noun, Var, Plural, Snake, ARN, Package string
	// Name is the member of the inputs that holds the name.
	Name           string
	Taken, Missing string
	Tags           bool
	// Describe and Summary are the members of the answers and where they come from.
	Describe, Summary []assignment
	// Update are the members that an update replaces.
	Update []string
	// List is the operation's name, Items its answer's list.
	List, Items, SummaryType string
	// HasUpdate and HasDelete say which operations there are.
	HasUpdate, HasDelete bool
	// CreateARN, UpdateARN are members of the answers, "" for none.
	CreateARN, UpdateARN string
	// Left is what is left to whoever goes on from here.
	Left []string
}

type assignment struct{ Member, Value string }

// read finds in the API what is to be known of a noun.
func read(noun, pkg, arn string) (*resource, error) {
	r := &resource{
		Noun: noun, Plural: noun + "s", Snake: split(noun, '_'), ARN: arn, Package: pkg,
		Taken: "ValidationException", Missing: "ValidationException",
	}
	if strings.HasSuffix(noun, "y") {
		r.Plural = strings.TrimSuffix(noun, "y") + "ies"
	}
	r.Var = strings.ToLower(r.Plural[:1]) + r.Plural[1:]
	if r.ARN == "" {
		r.ARN = split(noun, '-')
	}
	create, describe, list := operation("Create"+noun), operation("Describe"+noun), operation("List"+r.Plural)
	if create == nil || describe == nil || list == nil {
		return nil, fmt.Errorf("%s is no plain resource: the API has no Create%s, Describe%s or List%s", noun, noun, noun, r.Plural)
	}
	request := reflect.TypeOf(create.NewInput()).Elem()
	r.Name = noun + "Name"
	if _, ok := request.FieldByName(r.Name); !ok {
		return nil, fmt.Errorf("%s is no plain resource: Create%s takes no %s", noun, noun, r.Name)
	}
	if _, ok := reflect.TypeOf(describe.NewInput()).Elem().FieldByName(r.Name); !ok {
		return nil, fmt.Errorf("%s is no plain resource: %s does not go by %s", noun, describe.Name, r.Name)
	}
	_, r.Tags = request.FieldByName("Tags")
	if declares(create, "ResourceInUse") {
		r.Taken = "ResourceInUse"
	}
	if declares(describe, "ResourceNotFound") {
		r.Missing = "ResourceNotFound"
	}
	r.CreateARN = r.arnMember(reflect.TypeOf(create.NewOutput()).Elem())
	r.Describe = r.assign(reflect.TypeOf(describe.NewOutput()).Elem(), request, describe.Name)
	if len(r.Describe) == 0 {
		return nil, fmt.Errorf("%s is no plain resource: %s answers nothing of the request", noun, describe.Name)
	}
	r.List = list.Name
	answer := reflect.TypeOf(list.NewOutput()).Elem()
	for i := range answer.NumField() {
		if f := answer.Field(i); f.Type.Kind() == reflect.Slice {
			r.Items, r.SummaryType = f.Name, f.Type.Elem().Elem().Name()
			r.Summary = r.assign(f.Type.Elem().Elem(), request, list.Name)
		}
	}
	if update := operation("Update" + noun); update != nil {
		r.HasUpdate = true
		r.UpdateARN = r.arnMember(reflect.TypeOf(update.NewOutput()).Elem())
		in := reflect.TypeOf(update.NewInput()).Elem()
		for i := range in.NumField() {
			f := in.Field(i)
			if same, ok := request.FieldByName(f.Name); ok && same.Type == f.Type && f.Name != r.Name {
				r.Update = append(r.Update, f.Name)
			} else if f.Name != r.Name {
				r.Left = append(r.Left, fmt.Sprintf("%s takes %s", update.Name, f.Name))
			}
		}
	}
	r.HasDelete = operation("Delete"+noun) != nil
	return r, nil
}

// assign says where the members of an answer come from.
func (r *resource) assign(answer, request reflect.Type, operation string) []assignment {
	var all []assignment
	for i := range answer.NumField() {
		f := answer.Field(i)
		same, given := request.FieldByName(f.Name)
		switch {
		case f.Name == r.Name:
			all = append(all, assignment{f.Name, "&r.Name"})
		case f.Name == r.Noun+"Arn":
			all = append(all, assignment{f.Name, "&r.ARN"})
		case f.Type == reflect.TypeFor[*time.Time]() && (f.Name == "CreationTime" || f.Name == "CreatedTime"):
			all = append(all, assignment{f.Name, "&r.CreatedAt"})
		case f.Type == reflect.TypeFor[*time.Time]() && f.Name == "LastModifiedTime":
			all = append(all, assignment{f.Name, "&r.ModifiedAt"})
		case f.Type == reflect.TypeFor[*sagemaker.UserContext]() && (f.Name == "CreatedBy" || f.Name == "LastModifiedBy"):
			all = append(all, assignment{f.Name, "r.Body." + f.Name})
		case given && same.Type == f.Type:
			all = append(all, assignment{f.Name, "r.Body.Request." + f.Name})
		default:
			r.Left = append(r.Left, fmt.Sprintf("%s answers %s", operation, f.Name))
		}
	}
	return all
}

// arnMember is the member of an answer that is the ARN, "" for none.
func (r *resource) arnMember(answer reflect.Type) string {
	if _, ok := answer.FieldByName(r.Noun + "Arn"); ok {
		return r.Noun + "Arn"
	}
	return ""
}

// operation is the operation of that name, nil when the API has none.
func operation(name string) *schema.Operation {
	for _, op := range sagemaker.Service.Operations {
		if op.Name == name {
			return op
		}
	}
	return nil
}

func declares(op *schema.Operation, code string) bool {
	return slices.ContainsFunc(op.Errors, func(e *schema.Shape) bool { return e.Name == code })
}

// split writes a camel-case noun in lower case with separator between its words.
func split(noun string, separator rune) string {
	var b strings.Builder
	for i, c := range noun {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteRune(separator)
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
