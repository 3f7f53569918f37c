using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tokenization;

/// <summary>The special and added tokens of the files next to <c>tokenizer.json</c>, read as transformers 5 reads
/// them.</summary>
/// <remarks><c>tokenizer_config.json</c> comes first. Only where it has no <c>added_tokens_decoder</c> do
/// <c>special_tokens_map.json</c> and <c>added_tokens.json</c> count.</remarks>
internal sealed class TokenizerSettings
{
    /// <summary>The named special tokens, in the order in which transformers adds them.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "bos_token",
        "eos_token",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
    ];

    private const string Additional = "additional_special_tokens",
        Extra = "extra_special_tokens",
        Decoder = "added_tokens_decoder";

    private readonly JsonFile? config,
        map,
        added;

    private TokenizerSettings(JsonFile? config, JsonFile? map, JsonFile? added)
    {
        this.config = config;
        bool complete = config?.Root[Decoder] is not null;
        (this.map, this.added) = complete ? (null, null) : (map, added);
    }

    /// <summary>Reads the files that a model folder holds; all of them are optional.</summary>
    /// <exception cref="InputException">A file is not a JSON object.</exception>
    public static TokenizerSettings Load(string folder)
    {
        JsonFile? Read(string name) =>
            Path.Combine(folder, name) is var path && BoundedFile.IsThere(path) ? new JsonFile(path) : null;
        return new(Read("tokenizer_config.json"), Read("special_tokens_map.json"), Read("added_tokens.json"));
    }

    /// <summary>Takes the content of a <c>tokenizer_config.json</c> that is in memory already.</summary>
    /// <param name="origin">Names the source in errors.</param>
    public static TokenizerSettings Of(JsonObject config, string origin) =>
        new(new JsonFile(config, origin), null, null);

    /// <summary>The text of a named special token; null if no file names it.</summary>
    /// <exception cref="InputException">It is neither a text nor an object with a content.</exception>
    public string? Content(string name) => Named(name) is { } found ? ContentOf(found.Value, found.File) : null;

    /// <summary>The flag <c>add_bos_token</c> or <c>add_eos_token</c>; null if it is absent.</summary>
    public bool? Flag(string name) => config?.Root[name] is null ? null : config.Flag(config.Root, name);

    /// <summary>The added tokens of <c>tokenizer.json</c> and those of the other files: flags of the other files win,
    /// and tokens that are new get the id that the vocabulary gives them, or the next free one.</summary>
    /// <param name="tokens">The added tokens of <c>tokenizer.json</c>.</param>
    /// <param name="vocabulary">Token to id.</param>
    public IReadOnlyList<AddedToken> Complete(
        IReadOnlyList<AddedToken> tokens,
        IReadOnlyDictionary<string, int> vocabulary
    )
    {
        MergedTokens all = new(tokens, vocabulary);
        foreach (AddedToken token in Declared())
        {
            all.Merge(token);
        }

        foreach (AddedToken token in NamedTokens(all))
        {
            all.Merge(token);
        }

        return all.Tokens;
    }

    // added_tokens_decoder, else added_tokens.json, by id.
    private IEnumerable<AddedToken> Declared()
    {
        if (config?.Root[Decoder] is { } node)
        {
            JsonObject decoder = node as JsonObject ?? throw config.Error($"{Decoder} must be an object");
            return decoder
                .OrderBy(t =>
                    int.TryParse(t.Key, out int id) ? id : throw config.Error($"{Decoder}: '{t.Key}' is no id")
                )
                .Select(t => TokenOf(t.Value, config, special: false))
                .Where(t => t.Content.Length > 0);
        }

        HashSet<string> special =
        [
            .. Names.Select(Content).OfType<string>(),
            .. AdditionalTokens().Select(t => t.Content),
        ];
        return (added?.Root ?? [])
            .Select(t => (t.Key, Id: added!.Whole(added.Root, t.Key)))
            .OrderBy(t => t.Id)
            .Select(t => new AddedToken(
                t.Id,
                t.Key,
                false,
                false,
                false,
                Normalized: !special.Contains(t.Key),
                Special: special.Contains(t.Key)
            ))
            .Where(t => t.Content.Length > 0);
    }

    // Named special tokens: an object has its own flags; a text is added only if no such token exists.
    private IEnumerable<AddedToken> NamedTokens(MergedTokens all)
    {
        foreach (string name in Names)
        {
            if (Named(name) is { } found && ContentOf(found.Value, found.File) is { Length: > 0 } content)
            {
                if (found.Value is JsonObject || !all.Has(content))
                {
                    yield return TokenOf(found.Value, found.File, special: true);
                }
            }
        }

        foreach (AddedToken token in AdditionalTokens().Where(t => !all.Has(t.Content)))
        {
            yield return token;
        }
    }

    private IEnumerable<AddedToken> AdditionalTokens() =>
        from file in new[] { map, config }
        where file is not null
        from name in new[] { Additional, Extra }
        let list = file.Root[name] as JsonArray
        where list is not null
        from token in list
        select TokenOf(token, file, special: true);

    private (JsonNode Value, JsonFile File)? Named(string name) =>
        map?.Root[name] is { } mapped ? (mapped, map)
        : config?.Root[name] is { } own ? (own, config)
        : null;

    private static string ContentOf(JsonNode value, JsonFile file) =>
        value is JsonObject token ? file.Text(token, "content")
        : value is JsonValue text && text.TryGetValue(out string? content) ? content
        : throw file.Error($"a special token must be a text or an object with a content, not {value.ToJsonString()}");

    private static AddedToken TokenOf(JsonNode? value, JsonFile file, bool special)
    {
        JsonNode given = value ?? throw file.Error("a special token is null");
        bool isSpecial = special || (given is JsonObject && file.Flag(given, "special"));
        return given is JsonObject token
            ? new AddedToken(
                0,
                ContentOf(token, file),
                file.Flag(token, "single_word"),
                file.Flag(token, "lstrip"),
                file.Flag(token, "rstrip"),
                file.Flag(token, "normalized", missing: !isSpecial),
                isSpecial
            )
            : new AddedToken(0, ContentOf(given, file), false, false, false, Normalized: false, isSpecial);
    }
}
