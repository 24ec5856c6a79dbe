// Package explain answers requests to endpoints that explain: it takes a request
// apart into records, asks the model for its predictions and for those of synthetic
// rows, and answers both the predictions and what each feature did to them (Explain-1
// … Explain-4, CreateEndpointConfig-13 … -17). The Shapley values themselves are
// algo/shap's. It is pure but for the function that asks the model.
//
// What goes in and out is CSV or JSON Lines, in the forms that the developer guide
// shows under "Pre-check the model container", and the answer is the JSON of "Invoke
// the endpoint". Where the guide says nothing:
//
//   - Units of text are found by the Unicode rules for words and sentences (UAX #29),
//     whatever the language; paragraphs end at line breaks. A unit that is absent is
//     replaced by the baseline's text, and dropped with the space after it when that
//     is empty.
//   - A feature is text by inference when there is a TextConfig and the baseline has
//     something there that is no number.
//   - Without MaxRecordCount requests begin large, and get smaller where the model
//     refuses them or answers another number of predictions.
//   - Each record is explained with the same seed, so that its explanation does not
//     depend on what else is in the request.
package explain
