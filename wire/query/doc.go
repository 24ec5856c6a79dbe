// Package query speaks the AWS query protocol: inputs are forms with dotted
// names (Dimensions.member.1.Name=…), answers are XML. sts and iam speak nothing
// else, and so do older clients of CloudWatch.
//
// Parse reads a form, Decode binds it to an input by its schema, AppendResponse
// and AppendError write the answers. Parameters that the schema does not know are
// ignored. Hostile forms are refused early: too many parameters, too deep names,
// list positions that are no positions; a list is as long as the parameters that
// came, never as long as its highest position.
package query
