package lineage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Entity is what artifacts, actions and contexts have in common. The type is the
// Status of their rows and the digest of the source's URI their Parent, so that
// lists filter by both.
type Entity struct {
	Description        string                        `json:",omitempty"`
	Properties         map[string]string             `json:",omitempty"`
	MetadataProperties *sagemaker.MetadataProperties `json:",omitempty"`
	// CreatedBy and LastModifiedBy are nil for what appeared by itself.
	CreatedBy, LastModifiedBy *sagemaker.UserContext `json:",omitempty"`
}

// properties are those that an entity is described with: never none, because the
// SDK reads them without looking whether they are there.
func (e *Entity) properties() map[string]string {
	if e.Properties == nil {
		return map[string]string{}
	}
	return e.Properties
}

// maxProperties is how many properties an entity has at most (Co-5).
const maxProperties = 30

// change applies an update: properties replaces those that there are unless it
// is nil, then those of remove go (QL-11).
func (e *Entity) change(properties map[string]string, remove []string, by *sagemaker.UserContext) {
	if properties != nil {
		e.Properties = maps.Clone(properties)
	}
	for _, key := range remove {
		delete(e.Properties, key)
	}
	e.LastModifiedBy = by
}

// uriDigest is the Parent of rows with a source of that URI, which may be longer
// than an index takes.
func uriDigest(uri string) string {
	sum := sha256.Sum256([]byte(uri))
	return hex.EncodeToString(sum[:16])
}

// kind is one of the three kinds of entities with bodies of type B.
type kind[B any] struct {
	kit.Kind[B]
	vertex graph.Kind
	quota  kit.Quota
	// entity is what the body shares with the others, and the name that lists of
	// associations show.
	entity func(row *store.Row[B]) (e *Entity, name string)
}

// create adds an entity with its tags and its vertex. manual says that a user
// asked for it.
func (k kind[B]) create(tx *store.Tx, quotas kit.Quotas, row *store.Row[B], tags []*sagemaker.Tag, manual bool) (*graph.Vertex, error) {
	row.ARN = k.ARN(row.Scope, row.Name)
	tagMap, err := kit.TagMap(tags)
	if err != nil {
		return nil, err
	}
	switch _, err := graph.Find(tx, row.Scope, row.ARN); {
	case err == nil:
		return nil, aws.Errorf(k.Taken, "%s %s already exists.", k.Noun, row.ARN)
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	if manual && quotas.Limit(k.quota) > 0 {
		used, err := graph.ManualVertices(tx, row.Scope, k.vertex)
		if err == nil {
			err = quotas.Exceeded(k.quota, used, 1)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := k.Insert(tx, row); err != nil {
		return nil, err
	}
	if err := store.AddTags(tx, row.Scope, row.ARN, tagMap); err != nil {
		return nil, err
	}
	return k.put(tx, row, manual)
}

// put brings the vertex of an entity up to date.
func (k kind[B]) put(tx *store.Tx, row *store.Row[B], manual bool) (*graph.Vertex, error) {
	e, name := k.entity(row)
	v := &graph.Vertex{
		Scope: row.Scope, ARN: row.ARN, Kind: k.vertex, Type: row.Status, Name: name, CreatedAt: row.CreatedAt, ModifiedAt: row.ModifiedAt,
		Properties: e.Properties, Manual: manual,
	}
	return v, graph.Put(tx, v)
}

// find is the entity of that name, in any letter case, or ARN.
func (k kind[B]) find(tx *store.Tx, scope aws.Scope, nameOrARN string) (*store.Row[B], error) {
	arn := k.ARN(scope, nameOrARN)
	if strings.HasPrefix(nameOrARN, "arn:") {
		a, ok := aws.ParseARN(nameOrARN)
		word, name, _ := strings.Cut(a.Resource, "/")
		if !ok || a.Service != "sagemaker" || word != k.Table.Kind() || name == "" {
			return nil, aws.Invalid("%q is not the ARN of %s (arn:aws:sagemaker:REGION:ACCOUNT:%s/NAME).", nameOrARN, strings.ToLower(k.Noun), k.Table.Kind())
		}
		if a.Account != scope.Account || a.Region != scope.Region {
			return nil, k.NotFound(scope, nameOrARN)
		}
		arn = k.ARN(scope, name)
	}
	v, err := graph.Find(tx, scope, arn)
	if errors.Is(err, store.ErrNotFound) {
		return nil, k.NotFound(scope, nameOrARN)
	} else if err != nil {
		return nil, err
	}
	name := v.Name
	if k.vertex == graph.Artifact {
		name = arn[strings.LastIndexByte(arn, '/')+1:]
	}
	return k.Get(tx, scope, name)
}

// save stores an entity that was changed, with its vertex.
func (k kind[B]) save(tx *store.Tx, row *store.Row[B]) error {
	if e, _ := k.entity(row); len(e.Properties) > maxProperties {
		return aws.Invalid("%s would have %d properties; an entity has at most %d. Remove some with PropertiesToRemove.", row.ARN, len(e.Properties), maxProperties)
	}
	if err := k.Update(tx, row); err != nil {
		return err
	}
	_, err := k.put(tx, row, false) // Put keeps whether it is manual
	return err
}

// remove deletes an entity, unless it still has associations (Co-7).
func (k kind[B]) remove(tx *store.Tx, row *store.Row[B]) error {
	err := graph.Drop(tx, row.Scope, row.ARN)
	if errors.Is(err, graph.ErrAssociated) {
		return aws.Invalid("%s %s still has associations. Delete them with DeleteAssociation first.", k.Noun, row.ARN)
	} else if err != nil {
		return err
	}
	return k.Remove(tx, row)
}

// narrow makes a list's filters by source and type conditions on the row.
func narrow(q *store.Query, uri, typ *string) error {
	if uri != nil {
		q.Parent = uriDigest(*uri)
	}
	q.Status = aws.Val(typ)
	return nil
}

// groupARN is the lineage group that every entity of the scope belongs to (QL-10).
func groupARN(scope aws.Scope) *string { return aws.Ptr(graph.GroupARN(scope)) }

// shown is who made an entity, as descriptions show it.
func shown(by *sagemaker.UserContext) *sagemaker.UserContext {
	if by == nil {
		return &sagemaker.UserContext{}
	}
	return by
}
