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
    private const string Safetensors = ".safetensors",
        Gguf = ".gguf";

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
    private static readonly string[] OfModels = [".json", Safetensors, ".jinja", ".txt", ".model"];

    /// <summary>Returns the selected files in the order of the list.</summary>
    /// <exception cref="InputException">Patterns were given, and they select none of the files that may be
    /// downloaded.</exception>
    public IReadOnlyList<HubFile> Of(HubReference reference, IReadOnlyList<HubFile> files)
    {
        HubFile[] chosen = reference.File is { } named
            ? Named(reference, files, named)
            : Matching(reference.Kind, files);
        if (chosen.Length > 0 || !HasPatterns)
        {
            return chosen;
        }

        string Listed(IEnumerable<string>? patterns) => string.Join(", ", (patterns ?? []).Select(Printable.Message));
        throw new InputException(
            Include is { Count: > 0 }
                ? $"{reference.Id}: no file that may be fetched matches {Listed(Include)}"
                : $"{reference.Id}: no file that may be fetched is left without those that match {Listed(Exclude)}"
        );
    }

    /// <summary>Returns a sentence that says what a repository has in place of weights as safetensors, or of data
    /// files; null if it has such files, or if the user has chosen the files.</summary>
    /// <param name="files">All files of the repository.</param>
    /// <param name="chosen">The selected ones.</param>
    public string? Lack(HubReference reference, IReadOnlyList<HubFile> files, IReadOnlyList<HubFile> chosen)
    {
        bool needsWeights = reference.Kind == HubKind.Model && Weights;
        bool isComplete = needsWeights ? chosen.Any(f => Ends(f.Path, [Safetensors])) : chosen.Count > 0;
        return isComplete || HasPatterns || reference.File is not null
            ? null
            : $"{reference.Id} has no {(needsWeights ? "weights as safetensors" : "file that is fetched")}. "
                + $"It has {Instead(reference, [.. files.Select(f => f.Path)])}";
    }

    private bool HasPatterns => Include is { Count: > 0 } || Exclude is { Count: > 0 };

    private static string Instead(HubReference reference, string[] paths)
    {
        string First(string[] endings) => Printable.Message(paths.FirstOrDefault(p => Ends(p, endings)) ?? "");
        bool isModel = reference.Kind == HubKind.Model;
        return isModel && First([Gguf]) is { Length: > 0 } gguf
                ? $"GGUF files. Each is fetched by its name, such as {reference.Id}/{gguf}"
            : isModel && First(OtherWeights) is { Length: > 0 } other
                ? $"weights in {other}, a format that is never fetched because many such files can run code"
            : paths.Length == 0 ? "no file"
            : $"{paths.Length} {(paths.Length == 1 ? "file" : "files")}, such as {Printable.Message(paths[0])}";
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
        kind == HubKind.Dataset || (Ends(path, OfModels) && (Weights || !Ends(path, [Safetensors])));

    // A model in several GGUF files is loaded from the first; the others must be in the same folder.
    private static HubFile[] Named(HubReference reference, IReadOnlyList<HubFile> files, string named)
    {
        Match part = Regex.Match(named, @"\A(.*)-[0-9]{5}-of-([0-9]{5})\.gguf\z", RegexOptions.NonBacktracking);
        HubFile[] found = part.Success
            ? [.. files.Where(f => IsPart(f.Path, part.Groups[1].Value, part.Groups[2].Value))]
            : [.. files.Where(f => f.Path == named)];
        string known = string.Join(
            ", ",
            files.Where(f => Ends(f.Path, [Gguf])).Take(20).Select(f => Printable.Message(f.Path))
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
