package views

import (
	"carat/jobs/serve/room"
	"carat/jobs/views"
)

// Routes are where the forms go.
var Routes = []room.Route{
	{Pattern: "POST /exceptions/views", Here: views.Path, Do: save},
	{Pattern: "POST /exceptions/views/remove", Here: views.Path, Do: remove},
}

func save(v *room.Visit) (*room.Answer, error) {
	one, err := views.Save(v.Ctx, views.SaveOptions{Setting: v.Setting, Name: v.R.PostFormValue("name"), Query: v.R.PostFormValue("query")})
	if err != nil {
		return nil, err
	}
	return &room.Answer{To: one.Path}, nil
}

func remove(v *room.Visit) (*room.Answer, error) {
	if err := views.Remove(v.Ctx, v.Setting, v.R.PostFormValue("name")); err != nil {
		return nil, err
	}
	return &room.Answer{To: views.Path}, nil
}
