using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>Text to token ids and back, as the <c>tokenizer.json</c> of a model folder says; one implementation for every family. Thread-safe.</summary>
public sealed class Tokenizer
{
    private readonly Bpe bpe;
    private readonly Dictionary<int, string> contents = [];
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<int> special;
    private readonly AddedTokens? raw, normalised;
    private readonly Func<string, string> normalise;
    private readonly Func<string, IEnumerable<string>> split;
    private readonly Func<IReadOnlyList<string>, string> decode;
    private readonly int[] prefix, suffix;

    private Tokenizer(JsonFile file, JsonFile? settings)
    {
        JsonNode model = file.Root["model"] ?? throw file.Error("there is no model");
        IReadOnlyList<AddedToken> added = AddedTokens.Parse(file);
        Dictionary<string, int> vocabulary = BpeModel.Vocabulary(model, file);
        bpe = BpeModel.Parse(model, vocabulary, file);
        ids = new Dictionary<string, int>(vocabulary, StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            ids[token.Content] = token.Id;
        }

        foreach ((string content, int id) in ids)
        {
            contents[id] = content;
        }

        special = [.. added.Where(t => t.Special).Select(t => t.Id)];
        raw = added.Any(t => !t.Normalized) ? new AddedTokens(added.Where(t => !t.Normalized)) : null;
        normalised = added.Any(t => t.Normalized) ? new AddedTokens(added.Where(t => t.Normalized)) : null;
        normalise = TextSteps.Normaliser(file.Root["normalizer"], file);
        split = TextSteps.Splitter(file.Root["pre_tokenizer"], file);
        decode = TokenDecoder.Parse(file.Root["decoder"], file);
        (prefix, suffix) = SpecialTokens.Parse(file.Root["post_processor"], file);
        BosId = Named(settings, "bos_token");
        EosId = Named(settings, "eos_token");
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize => contents.Count == 0 ? 0 : contents.Keys.Max() + 1;

    /// <summary>The id of <c>bos_token</c> in <c>tokenizer_config.json</c>; null when it names none.</summary>
    public int? BosId { get; }

    /// <summary>The id of <c>eos_token</c> in <c>tokenizer_config.json</c>; null when it names none.</summary>
    public int? EosId { get; }

    /// <summary>Reads the tokenizer of a model folder.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or asks for something that is not supported; names it.</exception>
    public static Tokenizer Load(string folder)
    {
        string path = Path.Combine(folder, "tokenizer.json"), settings = Path.Combine(folder, "tokenizer_config.json");
        return File.Exists(path) ? new Tokenizer(new JsonFile(path), File.Exists(settings) ? new JsonFile(settings) : null)
            : throw new InputException($"no tokenizer in {folder}: it holds no tokenizer.json");
    }

    /// <summary>The ids of a text; special tokens in the text are recognised.</summary>
    /// <param name="addSpecialTokens">Put those around it that the tokenizer adds to a sequence (BOS of Llama).</param>
    public int[] Encode(string text, bool addSpecialTokens = false)
    {
        List<int> tokens = new(text.Length / 3 + 8);
        tokens.AddRange(addSpecialTokens ? prefix : []);
        foreach ((string part, AddedToken? token) in raw?.Split(text) ?? [(text, null)])
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                EncodePlain(normalise(part), tokens);
            }
        }

        tokens.AddRange(addSpecialTokens ? suffix : []);
        return [.. tokens];
    }

    /// <summary>The text of ids; bytes that are not UTF-8 become replacement characters, unknown ids nothing.</summary>
    /// <param name="skipSpecialTokens">Leave special tokens out.</param>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens = false) =>
        decode([.. ids.Where(id => contents.ContainsKey(id) && !(skipSpecialTokens && special.Contains(id))).Select(id => contents[id])]);

    /// <summary>The id of a token by its content; null when there is none.</summary>
    public int? TokenId(string content) => ids.TryGetValue(content, out int id) ? id : null;

    private void EncodePlain(string text, List<int> tokens)
    {
        foreach ((string part, AddedToken? token) in normalised?.Split(text) ?? [(text, null)])
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
                continue;
            }

            foreach (string piece in split(part))
            {
                bpe.Encode(piece, tokens);
            }
        }
    }

    private int? Named(JsonFile? settings, string name) => settings?.Root[name] switch
    {
        null => null,
        JsonObject token => TokenId(settings.Text(token, "content")),
        _ => TokenId(settings.Text(settings.Root, name)),
    };
}
