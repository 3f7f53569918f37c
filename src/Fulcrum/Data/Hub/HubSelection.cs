using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Selects the files of a repository that are downloaded.</summary>
/// <param name="Include">Patterns of wanted paths; null or empty: the files that Fulcrum reads.</param>
/// <param name="Exclude">Patterns of paths that are left out.</param>
/// <param name="Weights">Whether a model's weights are downloaded.</param>
internal sealed record HubSelection(
    IReadOnlyList<string>? Include = null,
    IReadOnlyList<string>? Exclude = null,
    bool Weights = true
)
{
    // Code, and formats that run code when they are opened. They are never downloaded, whatever the patterns.
    private static readonly string[] Code = [".py", ".pyc", ".pkl", ".pickle", ".joblib", ".so", ".dll", ".exe", ".sh"];

    private static readonly string[] OtherWeights =
    [
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".msgpack",
        ".onnx",
        ".npz",
        ".tflite",
        ".ot",
    ];

    // Configuration, tokenizer and weights, in all folders.
    private static readonly string[] OfModels = [".json", ".safetensors", ".jinja", ".txt", ".model"];

    /// <summary>Returns the selected files in the order of the list.</summary>
    /// <exception cref="InputException">Patterns were given, and none of the files that may be downloaded
    /// matches.</exception>
    public IReadOnlyList<HubFile> Of(HubReference reference, IReadOnlyList<HubFile> files)
    {
        HubFile[] chosen = reference.File is { } named
            ? Named(reference, files, named)
            : Matching(reference.Kind, files);
        bool hasPatterns = Include is { Count: > 0 };
        return chosen.Length > 0 || !hasPatterns
            ? chosen
            : throw new InputException(
                $"{reference.Id}: no file that may be fetched matches "
                    + string.Join(", ", Include!.Select(Printable.Message))
            );
    }

    /// <summary>Returns whether a file has a format that is never downloaded.</summary>
    public static bool IsRefused(HubKind kind, string path) =>
        Ends(path, Code) || (kind == HubKind.Model && Ends(path, OtherWeights));

    private HubFile[] Matching(HubKind kind, IReadOnlyList<HubFile> files)
    {
        Regex[] include = [.. (Include ?? []).Select(Glob.Anywhere)],
            exclude = [.. (Exclude ?? []).Select(Glob.Anywhere)];
        bool IsWanted(string path) => include.Length > 0 ? include.Any(p => p.IsMatch(path)) : IsNeeded(kind, path);
        return
        [
            .. files.Where(f => IsWanted(f.Path) && !exclude.Any(p => p.IsMatch(f.Path)) && !IsRefused(kind, f.Path)),
        ];
    }

    private bool IsNeeded(HubKind kind, string path) =>
        kind == HubKind.Dataset || (Ends(path, OfModels) && (Weights || !Ends(path, [".safetensors"])));

    // A model in several GGUF files is loaded from the first; the others must be in the same folder.
    private static HubFile[] Named(HubReference reference, IReadOnlyList<HubFile> files, string named)
    {
        Match part = Regex.Match(named, @"\A(.*)-[0-9]{5}-of-([0-9]{5})\.gguf\z", RegexOptions.NonBacktracking);
        HubFile[] found = part.Success
            ? [.. files.Where(f => IsPart(f.Path, part.Groups[1].Value, part.Groups[2].Value))]
            : [.. files.Where(f => f.Path == named)];
        string known = string.Join(
            ", ",
            files.Where(f => Ends(f.Path, [".gguf"])).Take(20).Select(f => Printable.Message(f.Path))
        );
        return found.Any(f => f.Path == named)
            ? found
            : throw new InputException(
                $"{reference.Id} has no file '{Printable.Message(named)}'"
                    + (known == "" ? "" : $"; its GGUF files are {known}")
            );
    }

    private static bool IsPart(string path, string start, string count) =>
        path.StartsWith(start + "-", StringComparison.Ordinal)
        && path.EndsWith($"-of-{count}.gguf", StringComparison.Ordinal)
        && path.Length == start.Length + "-00001-of-00001.gguf".Length;

    private static bool Ends(string path, string[] endings) =>
        endings.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
