package ewstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func uriPath(uri types.UnindexedFieldURI) types.Path {
	return &types.PathToUnindexedField{FieldURI: uri}
}

func TestUpdateRefused(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	id := create(t, c, "", &types.Message{Subject: "x", Body: types.Body{BodyType: types.BodyTypeText, Value: "a"}})
	text := func(s string) *types.Message {
		return &types.Message{Body: types.Body{BodyType: types.BodyTypeText, Value: s}}
	}
	for _, tc := range []struct {
		name   string
		change types.ItemChangeDescription
		want   messages.ResponseCode
	}{
		{"two", &types.SetItemField{Path: uriPath("item:Subject"), Item: &types.Message{Subject: "a", Importance: types.ImportanceChoicesHigh}}, messages.ErrorIncorrectUpdatePropertyCount},
		{"none", &types.SetItemField{Path: uriPath("item:Subject"), Item: &types.Message{}}, messages.ErrorIncorrectUpdatePropertyCount},
		{"another", &types.SetItemField{Path: uriPath("item:Subject"), Item: &types.Message{Importance: types.ImportanceChoicesHigh}}, messages.ErrorUpdatePropertyMismatch},
		{"of an event", &types.DeleteItemField{Path: uriPath("calendar:Location")}, messages.ErrorInvalidPropertyRequest},
		{"append to a subject", &types.AppendToItemField{Path: uriPath("item:Subject"), Item: &types.Message{Subject: "a"}}, messages.ErrorInvalidPropertyAppend},
		{"append to the body", &types.AppendToItemField{Path: uriPath("item:Body"), Item: text("b")}, messages.NoError},
		{"append HTML to text", &types.AppendToItemField{Path: uriPath("item:Body"), Item: &types.Message{Body: types.Body{BodyType: types.BodyTypeHTML, Value: "b"}}}, messages.ErrorInvalidPropertyAppend},
		{"append recipients", &types.AppendToItemField{Path: uriPath("message:ToRecipients"), Item: &types.Message{ToRecipients: []types.EmailAddress{box("a@example.net")}}}, messages.NoError},
		{"another class", &types.SetItemField{Path: uriPath("item:ItemClass"), Item: &types.Message{ItemClass: "IPM.Task"}}, messages.ErrorObjectTypeChanged},
	} {
		if got := update(t, c, id, tc.change)[0]; got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if m := getAll(t, c, id).(*types.Message); m.Body.Value != "ab" || m.DisplayTo != "a@example.net" || m.Subject != "x" {
		t.Errorf("got %+v", m)
	}
}

func TestConflicts(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	old := create(t, c, "", &types.Message{Subject: "x"})
	subject := func(s string) types.ItemChangeDescription {
		return &types.SetItemField{Path: uriPath("item:Subject"), Item: &types.Message{Subject: s}}
	}
	high := &types.SetItemField{Path: uriPath("item:Importance"), Item: &types.Message{Importance: types.ImportanceChoicesHigh}}
	update(t, c, old, subject("theirs"))
	try := func(id types.ItemID, how types.ConflictResolution, ch types.ItemChangeDescription) messages.ResponseCode {
		return codes(must(c.ops().UpdateItem(t.Context(), &messages.UpdateItemRequest{
			ConflictResolution: how, MessageDisposition: types.MessageDispositionSaveOnly,
			ItemChanges: []types.ItemChange{{ItemID: &id, Updates: []types.ItemChangeDescription{ch}}},
		})))[0]
	}
	got := []messages.ResponseCode{
		try(old, types.ConflictResolutionNeverOverwrite, high), try(old, types.ConflictResolutionAutoResolve, subject("mine")),
		try(old, types.ConflictResolutionAutoResolve, high), try(old, types.ConflictResolutionAlwaysOverwrite, subject("mine")),
		try(types.ItemID{ID: old.ID}, types.ConflictResolutionAutoResolve, high), try(types.ItemID{ID: old.ID, ChangeKey: "XXX"}, types.ConflictResolutionAlwaysOverwrite, high),
	}
	if d := cmp.Diff([]messages.ResponseCode{
		messages.ErrorIrresolvableConflict, messages.ErrorIrresolvableConflict, messages.NoError, messages.NoError,
		messages.ErrorChangeKeyRequiredForWriteOperations, messages.ErrorInvalidChangeKey,
	}, got); d != "" {
		t.Error(d)
	}
}
