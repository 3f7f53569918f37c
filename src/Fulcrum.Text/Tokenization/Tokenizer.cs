using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tokenization;

/// <summary>Encodes text to token ids and decodes ids to text by the <c>tokenizer.json</c> of a model folder. One
/// implementation serves every model family. Thread-safe.</summary>
public sealed class Tokenizer
{
    private readonly Bpe bpe;
    private readonly Dictionary<int, string> contents = [];
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<int> special;
    private readonly AddedTokens raw,
        normalised;
    private readonly Func<string, string> normalise;
    private readonly PreTokenizer split;
    private readonly Func<IReadOnlyList<string>, string> decode;
    private readonly int[] prefix,
        suffix;
    private readonly string? bosText;

    private Tokenizer(JsonFile file, TokenizerSettings settings, IReadOnlyList<int>? ranks = null)
    {
        JsonNode model = file.Root["model"] ?? throw file.Error("there is no model");
        Dictionary<string, int> vocabulary = BpeModel.Vocabulary(model, file);
        IReadOnlyList<AddedToken> added = settings.Complete(AddedTokens.Parse(file), vocabulary);
        split = PreTokenizers.Parse(file.Root["pre_tokenizer"], file, out bool bytes);
        bpe = BpeModel.Parse(model, vocabulary, bytes, file, ranks);
        ids = new Dictionary<string, int>(vocabulary, StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            ids[token.Content] = token.Id;
        }

        foreach ((string content, int id) in ids)
        {
            contents[id] = content;
        }

        normalise = Normalizers.Parse(file.Root["normalizer"], file);
        AddedToken[] changed = [.. added.Where(t => t.Normalized)];
        string[] found = Normalizers.Contents(changed, normalise);
        foreach ((AddedToken token, string content) in changed.Zip(found))
        {
            contents[token.Id] = content; // the decoder gets the normalised content
        }

        HashSet<string> specials = [.. added.Where(t => t.Special).Select(t => t.Content)];
        special = [.. contents.Where(c => specials.Contains(c.Value)).Select(c => c.Key)];
        raw = new AddedTokens(added.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        normalised = new AddedTokens(found.Zip(changed));
        decode = TokenDecoder.Parse(file.Root["decoder"], file);
        bosText = settings.Content("bos_token");
        BosId = bosText is null ? null : TokenId(bosText);
        EosId = settings.Content("eos_token") is { } end ? TokenId(end) : null;
        (prefix, suffix) = SpecialTokens.Parse(file.Root["post_processor"], file);
        Notice =
            NoticeOf(settings.Flag("add_bos_token"), "add_bos_token", prefix, "begin")
            ?? NoticeOf(settings.Flag("add_eos_token"), "add_eos_token", suffix, "end");
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize => contents.Count == 0 ? 0 : contents.Keys.Max() + 1;

    /// <summary>A sentence for the user if the tokenizer's files disagree about the special tokens around a text; null
    /// if they agree.</summary>
    public string? Notice { get; }

    /// <summary>The id of <c>bos_token</c> in <c>tokenizer_config.json</c>; null if the files name none.</summary>
    public int? BosId { get; }

    /// <summary>The id of <c>eos_token</c> in <c>tokenizer_config.json</c>; null if the files name none.</summary>
    public int? EosId { get; }

    /// <summary>Makes a tokenizer from the content of a <c>tokenizer.json</c> that came from elsewhere.</summary>
    /// <param name="settings">The content of a <c>tokenizer_config.json</c>.</param>
    /// <param name="origin">Names the source in errors.</param>
    /// <param name="ranks">The rank of each merge, where several merges may have the same; null: their order.</param>
    /// <exception cref="InputException">The content is malformed, or uses something that is not supported.</exception>
    internal static Tokenizer Of(
        JsonObject tokenizer,
        JsonObject settings,
        string origin,
        IReadOnlyList<int>? ranks = null
    ) => new(new JsonFile(tokenizer, origin), TokenizerSettings.Of(settings, origin), ranks);

    /// <summary>Reads the tokenizer of a model folder.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or uses something that is not supported. The
    /// message names it.</exception>
    public static Tokenizer Load(string folder)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        return BoundedFile.IsThere(path)
            ? new Tokenizer(new JsonFile(path), TokenizerSettings.Load(folder))
            : throw new InputException($"no tokenizer in {folder}: it holds no tokenizer.json");
    }

    /// <summary>Returns the ids of a text; special tokens in the text are recognised.</summary>
    /// <param name="addSpecialTokens">Add the special tokens that the tokenizer adds to a sequence, such as
    /// BOS.</param>
    /// <exception cref="InputException">A pattern of the tokenizer exceeds its time limit on this text.</exception>
    public int[] Encode(string text, bool addSpecialTokens = false)
    {
        List<int> tokens = new(text.Length / 3 + 8);
        tokens.AddRange(addSpecialTokens ? prefix : []);
        string valid = WellFormed(text);
        List<(Piece, AddedToken?)> parts = [];
        raw.Split(new Piece(valid, 0, valid.Length, First: true), parts);
        using TextPatience patience = TextPatience.Begin(text.Length);
        foreach ((Piece part, AddedToken? token) in parts)
        {
            patience.Require();
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                EncodePlain(
                    part.With(normalise(part.Length == part.Source.Length ? part.Source : part.ToString())),
                    tokens
                );
            }
        }

        tokens.AddRange(addSpecialTokens ? suffix : []);
        return [.. tokens];
    }

    /// <summary>Returns the ids of a text as model input: with the special tokens that the tokenizer adds, unless the
    /// text begins with the begin token already.</summary>
    /// <exception cref="InputException">As for <see cref="Encode"/>.</exception>
    public int[] EncodeInput(string text) => Encode(text, addSpecialTokens: !BeginsWithBos(text));

    private bool BeginsWithBos(string text) =>
        BosId is { } bos && prefix.Contains(bos) && text.StartsWith(bosText!, StringComparison.Ordinal);

    /// <summary>Returns the text of ids. Bytes that are not UTF-8 become replacement characters; unknown ids are
    /// ignored.</summary>
    /// <param name="skipSpecialTokens">Leave special tokens out.</param>
    /// <exception cref="InputException">A replacement of the decoder makes the text too long, or exceeds its time
    /// limit.</exception>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens = false) =>
        decode([
            .. ids.Where(id => contents.ContainsKey(id) && !(skipSpecialTokens && special.Contains(id)))
                .Select(id => contents[id]),
        ]);

    /// <summary>Returns the id of a token by its content; null if there is none.</summary>
    public int? TokenId(string content) => ids.TryGetValue(content, out int id) ? id : null;

    // A lone surrogate encodes as the replacement character.
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;

    private void EncodePlain(Piece text, List<int> tokens)
    {
        List<(Piece, AddedToken?)> parts = [];
        normalised.Split(text, parts);
        List<Piece> pieces = [];
        using TextPatience patience = TextPatience.Begin(text.Length);
        foreach ((Piece part, AddedToken? token) in parts)
        {
            patience.Require();
            if (token is not null)
            {
                tokens.Add(token.Id);
                continue;
            }

            pieces.Clear();
            split(part, pieces);
            pieces.ForEach(p => bpe.Encode(p.Span, tokens));
        }
    }

    // The post-processor decides. Earlier versions of transformers followed the flag in some tokenizer classes.
    private static string? NoticeOf(bool? flag, string name, int[] added, string kind) =>
        flag is { } wanted && wanted != added.Length > 0
            ? $"tokenizer_config.json says {name} {(wanted ? "true" : "false")}, "
                + "but the post-processor of tokenizer.json "
                + $"decides: {(added.Length > 0 ? "a" : "no")} {kind} token is added"
            : null;
}
