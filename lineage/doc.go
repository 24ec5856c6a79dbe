// Package lineage keeps the lineage graph in the store: entities as vertices
// with numbers, and associations that lead from a source to a destination.
//
// A service whose resource takes part in lineage calls Put for it inside the
// transaction that makes or changes the resource, and Drop in the one that
// deletes it; service/lineage does the same for artifacts, actions and contexts,
// and answers the operations. Associate joins two vertices.
//
//	err := lineage.Put(tx, &lineage.Vertex{
//		Scope: scope, ARN: arn, Kind: lineage.TrialComponent, Type: "TrainingJob", Name: name,
//	})
//
// Graph is how walks (algo/lineage) see it: neighbours of whole sets of
// vertices, read from indexes alone, and with a cursor where one vertex has
// very many.
//
// Every vertex belongs to the lineage group of its account and region, which
// the first Put makes (QL-10). Associations never leave a group, so neither do
// walks.
package lineage
