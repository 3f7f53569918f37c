using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>One file of a repository at a commit.</summary>
/// <param name="Path">Its path, segments divided by slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Digest">SHA-256 of the content (64 digits), or git's SHA-1 of the blob (40 digits).</param>
internal sealed record HubFile(string Path, long Size, string Digest);

/// <summary>Requests to the hub's API. Its answers are untrusted and checked.</summary>
internal sealed partial class HubApi(HubSettings settings, HubHttp http)
{
    // A page of the hub has up to 1,000 entries, files and folders.
    private const int MostEntries = 1_000_000,
        MostPages = 10_000;

    /// <summary>Returns the commit of a reference's revision.</summary>
    /// <param name="repeats">The number of retries after a transient failure.</param>
    /// <exception cref="FulcrumException">The hub refused, or the answer has another form.</exception>
    public async Task<string> CommitAsync(HubReference reference, int repeats, CancellationToken cancellation)
    {
        Uri address = Address($"api/{reference.Plural}/{reference.Id}/revision/{Revision(reference)}");
        using HttpResponseMessage answer = await http.AskAsync(HttpMethod.Get, address, cancellation, repeats);
        JsonNode? said = await JsonAsync(answer, reference, cancellation);
        return
            (said as JsonObject)?["sha"] is JsonValue v
            && v.TryGetValue(out string? sha)
            && HubReference.IsFullCommit(sha)
            ? sha
            : throw NoHub(address, "the answer names no commit");
    }

    /// <summary>Lists the files of a repository at a commit.</summary>
    /// <exception cref="FulcrumException">As for <see cref="CommitAsync"/>, or a name leads out of the
    /// repository.</exception>
    public async Task<IReadOnlyList<HubFile>> FilesAsync(
        HubReference reference,
        string commit,
        int repeats,
        CancellationToken cancellation
    )
    {
        List<HubFile> files = [];
        HashSet<Uri> visited = [];
        int seen = 0;
        Uri? page = Address($"api/{reference.Plural}/{reference.Id}/tree/{commit}?recursive=true&expand=false");
        while (page is not null)
        {
            bool endless = !visited.Add(page) || visited.Count > MostPages || seen > MostEntries;
            if (endless || !settings.IsEndpoint(page))
            {
                throw NoHub(page, "the listing continues on another host or without end");
            }

            using HttpResponseMessage answer = await http.AskAsync(HttpMethod.Get, page, cancellation, repeats);
            JsonArray entries =
                await JsonAsync(answer, reference, cancellation) as JsonArray
                ?? throw NoHub(page, "the answer is not a list of files");
            seen += entries.Count;
            files.AddRange(entries.Select(e => Entry(e, page)).OfType<HubFile>());
            page = NextPage(answer, page);
        }

        HubFile? hostile = files.FirstOrDefault(f => !HubPath.IsSafe(f.Path));
        return hostile is null
            ? files
            : throw new FulcrumException(
                $"{reference.Id}: the file name '{Printable.Message(hostile.Path)}' leads out of the repository; "
                    + "nothing was fetched"
            );
    }

    /// <summary>Returns the address of a file's content, on the hub or on a host to which it redirects.</summary>
    /// <exception cref="FulcrumException">As for <see cref="CommitAsync"/>.</exception>
    public async Task<Uri> ContentAsync(
        HubReference reference,
        string commit,
        HubFile file,
        CancellationToken cancellation
    )
    {
        string folder = reference.Kind == HubKind.Dataset ? "datasets/" : "";
        Uri address = Address($"{folder}{reference.Id}/resolve/{commit}/{HubPath.Escaped(file.Path)}");
        using HttpResponseMessage answer = await http.AskAsync(HttpMethod.Head, address, cancellation);
        Uri asked = answer.RequestMessage!.RequestUri!;
        Uri? elsewhere = HubHttp.Redirect(answer, asked);
        if (elsewhere is null && !answer.IsSuccessStatusCode)
        {
            throw HubRefusal.Of(answer, null, settings, reference, file.Path);
        }

        string? of = Header(answer, "X-Repo-Commit");
        string? tag = Header(answer, "X-Linked-Etag") ?? Header(answer, "ETag");
        return tag is { Length: > 0 } && of == commit
            ? elsewhere ?? asked
            : throw NoHub(address, "the answer has no ETag, or X-Repo-Commit is not the requested commit");
    }

    /// <summary>Returns the name of a token's owner.</summary>
    /// <exception cref="InputException">The hub does not accept the token.</exception>
    public async Task<string> OwnerAsync(HubToken token, CancellationToken cancellation)
    {
        Uri address = Address("api/whoami-v2");
        using HttpResponseMessage answer = await http.AskAsync(HttpMethod.Get, address, cancellation, token: token);
        if ((int)answer.StatusCode is 401 or 403)
        {
            throw new InputException(
                $"the hub at {settings.Endpoint} does not accept this token: it is wrong or expired"
            );
        }

        JsonNode? said = await JsonAsync(answer, null, cancellation);
        return (said as JsonObject)?["name"] is JsonValue v && v.TryGetValue(out string? name)
            ? Printable.Message(name)
            : throw NoHub(address, "the answer names no user");
    }

    private static string Revision(HubReference reference) => Uri.EscapeDataString(reference.RevisionOrDefault);

    // The endpoint may have a path, which an absolute path would replace.
    private Uri Address(string path) => new($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private async Task<JsonNode?> JsonAsync(
        HttpResponseMessage answer,
        HubReference? reference,
        CancellationToken cancellation
    )
    {
        string body = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw HubRefusal.Of(answer, body, settings, reference, null);
        }

        try
        {
            return StrictJson.Parse(body);
        }
        catch (JsonException)
        {
            throw NoHub(answer.RequestMessage!.RequestUri!, "the answer is not JSON");
        }
    }

    private static HubFile? Entry(JsonNode? node, Uri page)
    {
        try
        {
            JsonObject entry = node!.AsObject();
            if (entry["type"]!.GetValue<string>() != "file")
            {
                return null;
            }

            JsonObject? large = entry["lfs"] as JsonObject;
            string digest = (large ?? entry)["oid"]!.GetValue<string>();
            HubFile file = new(entry["path"]!.GetValue<string>(), (large ?? entry)["size"]!.GetValue<long>(), digest);
            bool good = file.Size >= 0 && (large is null ? Sha1() : Sha256()).IsMatch(digest);
            return good ? file : throw new FormatException();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or NullReferenceException)
        {
            throw NoHub(page, "an entry of the listing has no path, size or digest");
        }
    }

    private static Uri? NextPage(HttpResponseMessage answer, Uri page)
    {
        Match? link = Header(answer, "Link") is { } links ? NextLink().Match(links) : null;
        return link is not { Success: true } ? null
            : Uri.TryCreate(page, link.Groups[1].Value, out Uri? next) ? next
            : throw NoHub(page, "the link to the next page is not an address");
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;

    private static FulcrumException NoHub(Uri address, string why) =>
        new($"{HubHttp.Place(address)} does not answer as a hub does: {why}; check HF_ENDPOINT and the proxy");

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Sha1();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex("<([^>]*)>\\s*;[^,]*\\brel=\"?next\"?", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex NextLink();
}
