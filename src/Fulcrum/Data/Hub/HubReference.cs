using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Kinds of repositories on the hub.</summary>
internal enum HubKind
{
    /// <summary>A model or an adapter.</summary>
    [JsonStringEnumMemberName("model")]
    Model,

    /// <summary>A data set.</summary>
    [JsonStringEnumMemberName("dataset")]
    Dataset,
}

/// <summary>The name of a repository on the hub, or of a part of it.</summary>
/// <param name="Id"><c>ORG/NAME</c> or <c>NAME</c>.</param>
/// <param name="Revision">Branch, tag or commit; null for the branch <c>main</c>.</param>
/// <param name="File">Path of one file in the repository; null for all that are needed.</param>
/// <param name="Configuration">Configuration of a data set; null for the default one.</param>
/// <param name="Split">Split of a data set; null for all.</param>
internal sealed partial record HubReference(
    HubKind Kind,
    string Id,
    string? Revision = null,
    string? File = null,
    string? Configuration = null,
    string? Split = null
)
{
    private const string DefaultRevision = "main";

    /// <summary>The revision, or <c>main</c>.</summary>
    public string RevisionOrDefault => Revision ?? DefaultRevision;

    /// <summary>Whether the revision is a full commit, which never moves.</summary>
    public bool IsCommit => Revision is not null && IsFullCommit(Revision);

    /// <summary>Returns whether a text is a full commit: git's SHA-1 in 40 hexadecimal digits.</summary>
    public static bool IsFullCommit(string text) => Commit().IsMatch(text);

    /// <summary>Reads <c>ORG/NAME[@REVISION]</c>, followed by <c>/FILE.gguf</c> (a model) or <c>:CONFIG[/SPLIT]</c> (a
    /// data set).</summary>
    /// <remarks>A revision with a slash follows the file: <c>ORG/NAME/FILE.gguf@dev/try</c>.</remarks>
    /// <exception cref="InputException">The text is not such a name. The message says why.</exception>
    public static HubReference Parse(HubKind kind, string text) =>
        kind == HubKind.Model ? ParseModel(text) : ParseDataset(text);

    /// <summary>Returns whether a text has the form of a name on the hub: <c>ORG/NAME</c> with an optional revision and
    /// part. A relative path may have this form too.</summary>
    public static bool LooksLikeName(HubKind kind, string text)
    {
        try
        {
            return Parse(kind, text).Id.Contains('/');
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Returns whether a text is a name on the hub with a full commit.</summary>
    public static bool IsPinnedName(string text) =>
        ((HubKind[])[HubKind.Model, HubKind.Dataset]).Any(k => LooksLikeName(k, text) && Parse(k, text).IsCommit);

    /// <summary>Returns the reference at a commit, for storing with a result.</summary>
    public HubReference At(string commit) => this with { Revision = commit };

    /// <summary>Writes the reference in the form that <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        string revision = Revision is null ? "" : "@" + Revision;
        string name = File is null ? Id + revision : $"{Id}/{File}{revision}";
        string data = Configuration is null ? "" : ":" + Configuration + (Split is null ? "" : "/" + Split);
        return name + data;
    }

    internal string Plural => Kind == HubKind.Model ? "models" : "datasets";

    private static HubReference ParseModel(string text)
    {
        (string name, string? revision) = Cut(text, '@');
        (string id, string? file) = SplitFile(name);
        if (file is null && revision?.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) == true)
        {
            (revision, file) = FileAfterRevision(revision);
        }

        return new HubReference(
            HubKind.Model,
            CheckedId(id, text),
            CheckedRevision(revision, text),
            CheckedFile(file, text)
        );
    }

    private static HubReference ParseDataset(string text)
    {
        (string name, string? part) = Cut(text, ':');
        (string id, string? revision) = Cut(name, '@');
        (string? configuration, string? split) = part is null ? (null, null) : Cut(part, '/');
        if (configuration == "" || split == "" || split?.Contains('/') == true)
        {
            throw Wrong(text, "expected CONFIG or CONFIG/SPLIT after the colon");
        }

        return new HubReference(
            HubKind.Dataset,
            CheckedId(id, text),
            CheckedRevision(revision, text),
            Configuration: configuration,
            Split: split
        );
    }

    private static (string Before, string? After) Cut(string text, char at)
    {
        int place = text.IndexOf(at);
        return place < 0 ? (text, null) : (text[..place], text[(place + 1)..]);
    }

    // The first two segments are the id if the rest names a GGUF file.
    private static (string Id, string? File) SplitFile(string name)
    {
        string[] parts = name.Split('/', 3);
        return parts.Length == 3 && name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? ($"{parts[0]}/{parts[1]}", parts[2])
            : (name, null);
    }

    // refs/pr/1 and refs/convert/parquet have three segments. Other revisions are assumed to have one.
    private static (string Revision, string File) FileAfterRevision(string text)
    {
        string[] parts = text.Split('/');
        int segments = parts[0] == "refs" && parts.Length > 3 ? 3 : 1;
        return (string.Join('/', parts[..segments]), string.Join('/', parts[segments..]));
    }

    private static string CheckedId(string id, string text)
    {
        string[] parts = id.Split('/');
        bool good = parts.Length <= 2 && parts.All(IsNamePart) && !id.EndsWith(".git", StringComparison.Ordinal);
        return good ? id : throw Wrong(text, "expected ORG/NAME of letters, digits, '-', '_' and '.', at most 96 each");
    }

    private static bool IsNamePart(string part) =>
        NamePart().IsMatch(part)
        && part[0] is not ('-' or '.')
        && part[^1] is not ('-' or '.')
        && !part.Contains("--", StringComparison.Ordinal)
        && !part.Contains("..", StringComparison.Ordinal);

    // Git's rules for names of references. A revision also becomes a path below refs/ of the cache.
    private static string? CheckedRevision(string? revision, string text)
    {
        bool good =
            revision is null
            || revision.Length is > 0 and <= 200
                && revision[0] != '-'
                && !revision.Any(c => char.IsControl(c) || " ~^:?*[\\".Contains(c, StringComparison.Ordinal))
                && !revision.Contains("..", StringComparison.Ordinal)
                && revision
                    .Split('/')
                    .All(p => p.Length > 0 && p[0] != '.' && !p.EndsWith(".lock", StringComparison.Ordinal));
        return good ? revision : throw Wrong(text, "expected a branch, a tag or a commit after @");
    }

    private static string? CheckedFile(string? file, string text) =>
        file is null || HubPath.IsSafe(file) ? file : throw Wrong(text, "the file must lie inside the repository");

    private static InputException Wrong(string text, string why) =>
        new($"'{Printable.Message(text)}' is not a name on the hub: {why}");

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,96}\z")]
    private static partial Regex NamePart();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
