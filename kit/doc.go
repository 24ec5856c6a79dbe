// Package kit holds what resources share, so that a resource's own directory
// says only what is special about it.
//
//   - Base is what a service embeds: the database, tokens, quotas.
//   - Kind names a kind of resource and creates, finds and removes its rows with
//     the right refusals, tags and quota; List reads a List operation's input and
//     answers its pages; Once remembers client tokens; UserContext is who did it.
//   - Transition is a status change as data. Status changes in no other way, so a
//     test can walk the table (kit/kittest), prove that every status of the API
//     model is reached or listed as reserved, and draw the page in docs/states.
//   - Searchable is a kind as Search finds and shows it.
//   - Tokens seal paging positions that clients can neither read nor forge.
//
// A plain resource is a Kind, a List and one short file an operation;
// service/experiment is an example, and CONTRIBUTING.md the recipe.
package kit
