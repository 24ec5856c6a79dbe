// Package traffic decides how an update of an endpoint brings a new fleet in and the
// old one out (UpdateEndpoint-1, Deploy-1 … Deploy-3). It is pure: a Plan is what a
// DeploymentConfig says for these fleets, a State is what the world is to be like
// now, and Next tells from what is seen what it is to be like next. All are data, so
// that whoever carries them out can be killed anywhere: it goes on with the State it
// kept, and asking Next again with the same is the same.
//
// Blue/green starts the whole new fleet, then moves traffic: all at once, a canary
// and then the rest, or in equal steps. The old fleet is whole until the end, so that
// going back is moving the traffic back. Rolling starts a batch of the new fleet,
// moves its share of the traffic, and ends as much of the old one; going back starts
// the old replicas again.
//
// What holds in each state, which the tests check:
//
//   - traffic goes only to fleets that have replicas of each variant, and no more of
//     it to the new fleet than what has been seen healthy there carries;
//   - replicas end only after the traffic that they carried was seen moved, so that
//     those which carry it are never fewer than the smaller fleet has;
//   - what goes wrong before the old fleet ends leads back to it: to RolledBack, or,
//     of rolling updates alone, to RollbackFailed when old replicas do not come back.
//
// Without alarms nobody watches, so that there is no wait after the last step
// (Deploy-3). How one request is given to a variant and an instance is proxy's.
package traffic
