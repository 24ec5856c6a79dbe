// Package native is the program of a replica that serves tree ensembles without
// Python: it answers as the images xgboost and lightgbm do without a script of the
// user's, byte for byte in XGBoost's case, and serves files in the format
// sagebrush-trees, which the exporter of the image scikit-learn writes.
//
//	GET  /ping, /execution-parameters     health, and what transform jobs may send
//	POST /invocations                     predictions
//	GET  /models, POST /models            with SAGEMAKER_MULTI_MODEL: list and load
//	GET  /models/{n}, DELETE /models/{n}, POST /models/{n}/invoke
//
// Supports says whether a directory holds a model that it can serve. Predicting is
// algo/trees; here are the formats of requests and answers, and HTTP.
//
// Rules: Host-3, Host-4, Host-7.
package native
