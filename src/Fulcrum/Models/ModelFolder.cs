using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data.Hub;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>Facts about a model folder in Hugging Face format that do not need the model to be loaded.</summary>
internal static class ModelFolder
{
    private static readonly string[] DigestedFiles = ["*.json", "*.safetensors", "*.jinja", "*.txt"];

    /// <summary>Returns the ids that end a completion, from <c>generation_config.json</c>, otherwise from
    /// <c>config.json</c>; empty if neither has any.</summary>
    /// <exception cref="InputException">A file is not JSON, or its <c>eos_token_id</c> is neither a number nor a list
    /// of numbers.</exception>
    public static IReadOnlyList<int> EndTokens(string folder) =>
        EndTokensOf(Path.Combine(folder, "generation_config.json"))
        ?? EndTokensOf(Path.Combine(folder, "config.json"))
        ?? [];

    /// <summary>Returns the name of a model: <c>ORG/NAME</c> for a snapshot in the hub's cache, otherwise the last part
    /// of the path.</summary>
    public static string NameOf(string folder)
    {
        string path = Path.TrimEndingDirectorySeparator(folder);
        return HubCache.IdOfSnapshot(path) ?? Path.GetFileName(path);
    }

    /// <summary>Returns the SHA-256 over names and contents of the folder's configuration, tokenizer and weight
    /// files.</summary>
    /// <exception cref="InputException">There is no such folder, or no <c>config.json</c> in it.</exception>
    public static string Digest(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")))
        {
            throw new InputException($"no model in {folder}: it holds no config.json");
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            string file in DigestedFiles
                .SelectMany(p => Directory.EnumerateFiles(folder, p))
                .Order(StringComparer.Ordinal)
        )
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\n{RememberedDigest.Of(file)}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Returns the SHA-256 over the names and contents of an adapter's configuration and weights.</summary>
    /// <exception cref="InputException">There is no such folder, or it holds no adapter.</exception>
    public static string DigestOfAdapter(string folder)
    {
        string[] files = Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder)
                    .Where(f => Path.GetFileName(f).StartsWith("adapter", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        return files.Length > 0
            ? Sha256.OfTexts([.. files.Select(f => $"{Path.GetFileName(f)}={RememberedDigest.Of(f)}")])
            : throw new InputException($"{folder} holds no adapter: there is no adapter_config.json in it");
    }

    private static IReadOnlyList<int>? EndTokensOf(string path)
    {
        if (!BoundedFile.IsThere(path))
        {
            return null;
        }

        try
        {
            return (StrictJson.ReadFile(path) as JsonObject)?["eos_token_id"] switch
            {
                null => null,
                JsonArray several =>
                [
                    .. several.Select(t => t?.GetValue<int>() ?? throw new FormatException("one of them is null")),
                ],
                JsonNode one => [one.GetValue<int>()],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path}: eos_token_id must be a token id or a list of token ids: {e.Message}", e);
        }
    }
}
