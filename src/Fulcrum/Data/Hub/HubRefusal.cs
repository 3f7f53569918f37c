using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Turns error answers of the hub into exceptions with a message.</summary>
internal static class HubRefusal
{
    /// <summary>Returns the exception for an error answer.</summary>
    /// <param name="body">The answer's body; null for a HEAD.</param>
    /// <param name="reference">The requested repository; null for another request.</param>
    /// <param name="file">The requested file; null for none.</param>
    public static FulcrumException Of(
        HttpResponseMessage answer,
        string? body,
        HubSettings settings,
        HubReference? reference,
        string? file
    )
    {
        int status = (int)answer.StatusCode;
        string code = Header(answer, "X-Error-Code"),
            said = WithoutToken(Said(answer, body), settings);
        string name = reference is null ? HubHttp.Place(answer.RequestMessage!.RequestUri!) : Named(reference);
        return (status, code) switch
        {
            _ when HubHttp.IsTransient(answer.StatusCode) => Unavailable(answer, name),
            (401 or 403, "GatedRepo") => new InputException(Gated(settings, reference!, name)),
            (401, "") when settings.Token is { } token && IsBadToken(said) => new InputException(
                $"{name}: the hub does not accept {token}: it is wrong or expired"
            ),
            (401, _) or (404, "RepoNotFound") => new InputException(Missing(settings, name)),
            (404, "RevisionNotFound") => new InputException(
                $"{name} has no revision '{Printable.Message(reference?.RevisionOrDefault ?? "")}'"
            ),
            (404, "EntryNotFound") => new InputException($"{name} has no file '{Printable.Message(file ?? "")}'"),
            (404, _) => new InputException($"{name}: not found at {settings.Endpoint}{Quoted(said)}"),
            (403, _) => new InputException($"{name}: the hub refuses access{Quoted(said)}"),
            _ => new FulcrumException($"{name}: the hub answered with status {status}{Quoted(said)}"),
        };
    }

    private static HubUnreachableException Unavailable(HttpResponseMessage answer, string name)
    {
        string wait = HubHttp.AskedWait(answer) is { TotalSeconds: > 0 and var s } ? $" and asks to wait {s:0} s" : "";
        return new HubUnreachableException(
            $"{name}: the hub is unavailable: it answered {(int)answer.StatusCode}{wait}"
        );
    }

    private static string Named(HubReference reference) =>
        $"{(reference.Kind == HubKind.Model ? "model" : "data set")} {reference.Id}";

    private static string Missing(HubSettings settings, string name) =>
        settings.Token is { } token
            ? $"{name}: the hub has no such repository, or {token} may not see it"
            : $"{name}: the hub has no such repository, or it is private; for a private one set HF_TOKEN or log in";

    private static string Gated(HubSettings settings, HubReference reference, string name)
    {
        string page =
            settings.Endpoint.AbsoluteUri.TrimEnd('/')
            + (reference.Kind == HubKind.Dataset ? "/datasets/" : "/")
            + reference.Id;
        return settings.Token is { } token
            ? $"{name} is gated and {token} has no access yet; ask for it at {page}"
            : $"{name} is gated: ask for access at {page}, then set HF_TOKEN or log in";
    }

    private static bool IsBadToken(string said) =>
        said.Contains("invalid credentials", StringComparison.OrdinalIgnoreCase);

    // A server may quote the request with the token.
    private static string WithoutToken(string said, HubSettings settings) =>
        settings.Token is { } token ? said.Replace(token.Value, "…", StringComparison.Ordinal) : said;

    private static string Quoted(string said) => said == "" ? "" : $": {said}";

    private static string Said(HttpResponseMessage answer, string? body)
    {
        if (Header(answer, "X-Error-Message") is { Length: > 0 } message)
        {
            return message;
        }

        try
        {
            JsonNode? error = (StrictJson.Parse(body ?? "") as JsonObject)?["error"];
            return error is JsonValue value && value.TryGetValue(out string? text) ? Printable.Message(text) : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values)
            ? Printable.Message(string.Join(", ", values))
            : "";
}
