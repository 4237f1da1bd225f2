"""Run from the root: python -m unittest discover -s examples/wrap/python"""

import contextlib
import io
import json
import unittest

from wrap import CALM, Refused, tenantry, wrap


def event(source, response=None, version="1"):
    return {"version": version, "triggerSource": source, "request": {}, "response": response or {}}


def said(change):
    def invoke(text):
        answer = json.loads(text)
        change(answer)
        return False, json.dumps(answer)

    return tenantry(invoke)


def refuses(sentence):
    return tenantry(lambda _: (True, json.dumps({"errorType": "Refused", "errorMessage": sentence})))


def echo(given, _context):
    return given


class Wrapped(unittest.TestCase):
    def test_a_refusal_arrives_word_for_word(self):
        sentence = "You need an invitation to join this workspace. Ask its admin. (INVITATION_REQUIRED)"
        handler = wrap(echo, refuses(sentence))
        for source in ("PreSignUp_SignUp", "TokenGeneration_Authentication", "DefineAuthChallenge_Authentication"):
            with self.assertRaises(Refused) as refused:
                handler(event(source))
            self.assertEqual(str(refused.exception), sentence)

    def test_when_tenantry_cannot_be_asked_nobody_gets_in_and_everybody_reads_a_calm_sentence(self):
        def broken(_):
            raise ConnectionError("arn:aws:lambda:secret words")

        handler = wrap(echo, tenantry(broken))
        for source in ("PreSignUp_SignUp", "TokenGeneration_RefreshTokens", "VerifyAuthChallengeResponse_Authentication"):
            with contextlib.redirect_stdout(io.StringIO()) as log, self.assertRaises(RuntimeError) as refused:
                handler(event(source))
            self.assertEqual(str(refused.exception), CALM)
            self.assertNotIn("secret", log.getvalue())

    def test_yours_is_asked_first_at_sign_up_and_what_it_refuses_never_reaches_tenantry(self):
        asked = []

        def own(given, _context):
            if given["request"].get("bad"):
                raise ValueError("no")
            given["response"]["autoConfirmUser"] = True
            return given

        handler = wrap(own, lambda given: asked.append(given) or given)
        with self.assertRaises(ValueError):
            handler(event("PreSignUp_SignUp") | {"request": {"bad": True}})
        self.assertEqual(asked, [])
        self.assertTrue(handler(event("PreSignUp_SignUp"))["response"]["autoConfirmUser"])

    def test_a_confirmed_person_is_told_so_whatever_tenantry_says_and_yours_runs(self):
        ran = []
        handler = wrap(lambda given, _context: ran.append(1) or given, refuses("no"))
        self.assertEqual(handler(event("PostConfirmation_ConfirmSignUp")), event("PostConfirmation_ConfirmSignUp"))
        self.assertEqual(ran, [1])

    def test_the_names_of_tenantrys_claims_are_tenantrys_alone(self):
        def own(given, _context):
            given["response"]["claimsAndScopeOverrideDetails"] = {
                "idTokenGeneration": {
                    "claimsToAddOrOverride": {"theme": "dark", "tenant_id": "t_mine"},
                    "claimsToSuppress": ["phone", "roles"],
                },
                "accessTokenGeneration": {"scopesToAdd": ["docs/read", "aws.cognito.signin.user.admin"]},
                "groupOverrideDetails": {"groupsToOverride": ["theirs"]},
            }
            return given

        def ours(answer):
            claims = {"claimsToAddOrOverride": {"tenant_id": "t_real", "roles": ["admin"]}, "claimsToSuppress": ["tenant_slug"]}
            answer["response"]["claimsAndScopeOverrideDetails"] = {
                "idTokenGeneration": claims,
                "accessTokenGeneration": claims | {"scopesToSuppress": ["aws.cognito.signin.user.admin"]},
                "groupOverrideDetails": {"groupsToOverride": ["ours"]},
            }

        answer = wrap(own, said(ours))(event("TokenGeneration_Authentication", {}, "2"))
        self.assertEqual(
            answer["response"]["claimsAndScopeOverrideDetails"],
            {
                "idTokenGeneration": {
                    "claimsToAddOrOverride": {"theme": "dark", "tenant_id": "t_real", "roles": ["admin"]},
                    "claimsToSuppress": ["phone", "tenant_slug"],
                },
                "accessTokenGeneration": {
                    "claimsToAddOrOverride": {"tenant_id": "t_real", "roles": ["admin"]},
                    "claimsToSuppress": ["tenant_slug"],
                    "scopesToAdd": ["docs/read"],
                    "scopesToSuppress": ["aws.cognito.signin.user.admin"],
                },
                "groupOverrideDetails": {"groupsToOverride": ["ours"]},
            },
        )

    def test_a_client_that_only_observes_is_yours_as_before(self):
        details = {"idTokenGeneration": {"claimsToAddOrOverride": {"tenant_id": "mine"}}}

        def own(given, _context):
            given["response"]["claimsAndScopeOverrideDetails"] = details
            return given

        answer = wrap(own, said(lambda _: None))(event("TokenGeneration_Authentication", {}, "2"))
        self.assertEqual(answer["response"]["claimsAndScopeOverrideDetails"], details)

    def test_a_challenge_is_one_partys_and_yours_where_tenantry_says_nothing(self):
        def own(given, _context):
            return given | {"response": {"challengeName": "CUSTOM_CHALLENGE"}}

        asked = event("DefineAuthChallenge_Authentication", {"challengeName": None, "issueTokens": None})
        self.assertEqual(wrap(own, said(lambda _: None))(asked)["response"]["challengeName"], "CUSTOM_CHALLENGE")
        decided = said(lambda answer: answer["response"].update(issueTokens=True))
        self.assertTrue(wrap(lambda *_: self.fail("yours was asked"), decided)(asked)["response"]["issueTokens"])

    def test_an_answer_that_is_no_event_is_said_calmly_without_its_words(self):
        for failed in (False, True):
            for payload in (b"<html>secret</html>", b"null", b"", None, b"[]"):
                handler = wrap(lambda given, _context: given, tenantry(lambda _: (failed, payload)))
                with self.assertRaisesRegex(Exception, r"^Something went wrong on our side.*\(TRY_AGAIN\)$"):
                    handler(event("PreSignUp_SignUp", {}))


if __name__ == "__main__":
    unittest.main()
