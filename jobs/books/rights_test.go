package books

import (
	"slices"
	"testing"

	"carat/pipeline/state"
)

// A role for one entity gives what leaves out the rows of other entities, and nothing else:
// a right that comes later is to all until somebody says otherwise.
func TestRoleForOneEntityGivesNothingOfAll(t *testing.T) {
	leavesOut := []Right{RightExceptions, RightCreators, RightAnswer, RightDecide, RightComment, RightUsers, RightToken}
	for right, roles := range Rights {
		for _, role := range roles {
			if role == RoleAdministrator || role == RoleScheduler || role == RoleCreator {
				continue
			}
			by := Actor{User: "eve"}
			limited, whole := Grants{{User: "eve", Role: role, Entities: []string{"main"}}}, Grants{{User: "eve", Role: role}}
			if got, want := limited.Allow(by, right), slices.Contains(leavesOut, right); got != want {
				t.Errorf("%s: %s for an entity has it: %v", right, role, got)
			}
			if !whole.Allow(by, right) || !append(limited, state.Grant{User: "eve", Role: role}).Allow(by, right) {
				t.Errorf("%s: %s for all hasn't it", right, role)
			}
		}
	}
}
