using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class BpeModel
{
    /// <summary>Ids are below this number. A larger one would be an error of the file: no model has as many
    /// tokens.</summary>
    public const int LargestVocabulary = 1 << 22;

    /// <summary>Reads the vocabulary: token to id.</summary>
    public static Dictionary<string, int> Vocabulary(JsonNode model, JsonFile file)
    {
        JsonObject vocab = file.Member(model, "vocab") as JsonObject ?? throw file.Error("the model has no vocab");
        Dictionary<string, int> vocabulary = new(vocab.Count, StringComparer.Ordinal);
        foreach ((string token, JsonNode? id) in vocab)
        {
            vocabulary[token] =
                id is JsonValue value && value.TryGetValue(out int number) && number is >= 0 and < LargestVocabulary
                    ? number
                    : throw file.Error($"the id of the token '{token}' is {id?.ToJsonString() ?? "null"}");
        }

        return vocabulary;
    }

    /// <summary>Reads the encoder.</summary>
    /// <param name="bytes">Pieces are written in <see cref="ByteAlphabet"/> first.</param>
    public static Bpe Parse(
        JsonNode model,
        Dictionary<string, int> vocabulary,
        bool bytes,
        JsonFile file,
        IReadOnlyList<int>? ranks = null
    )
    {
        if (model["type"] is not null && file.Text(model, "type") is not "BPE" and { } type)
        {
            throw file.Error($"the model type '{type}' is not supported, only BPE");
        }

        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model[name] is not null && file.Text(model, name).Length > 0)
            {
                throw file.Error($"'{name}' is not supported");
            }
        }

        if (model["dropout"] is { } dropout && !(dropout is JsonValue rate && rate.TryGetValue(out double p) && p == 0))
        {
            throw file.Error(
                $"the dropout of merges {dropout.ToJsonString()} is not supported: "
                    + "a tokenizer that draws lots has no one answer"
            );
        }

        int? unknown =
            model["unk_token"] is null ? null
            : vocabulary.TryGetValue(file.Text(model, "unk_token"), out int id) ? id
            : throw file.Error("the unk_token is not in the vocabulary");
        return new Bpe(
            vocabulary,
            Merges(model, vocabulary, file, ranks),
            unknown,
            file.Flag(model, "fuse_unk"),
            file.Flag(model, "byte_fallback"),
            file.Flag(model, "ignore_merges"),
            bytes
        );
    }

    private static Dictionary<long, (int Rank, int Id)> Merges(
        JsonNode model,
        Dictionary<string, int> vocabulary,
        JsonFile file,
        IReadOnlyList<int>? ranks
    )
    {
        JsonArray list = file.List(model, "merges");
        Dictionary<long, (int Rank, int Id)> merges = new(list.Count);
        int rank = 0;
        foreach (JsonNode? merge in list)
        {
            (string left, string right) = Pair(merge, file);
            if (
                !vocabulary.TryGetValue(left, out int l)
                || !vocabulary.TryGetValue(right, out int r)
                || !vocabulary.TryGetValue(left + right, out int id)
            )
            {
                throw file.Error($"merge {rank} ('{left}' '{right}') names a token that is not in the vocabulary");
            }

            merges[Bpe.Pair(l, r)] = (ranks?[rank] ?? rank, id);
            rank++;
        }

        return merges;
    }

    private static (string Left, string Right) Pair(JsonNode? merge, JsonFile file)
    {
        string[]? parts = merge switch
        {
            JsonValue value when value.TryGetValue(out string? text) => text.Split(' '),
            JsonArray list when list.All(p => p is JsonValue v && v.TryGetValue(out string? _)) =>
            [
                .. list.Select(p => p!.GetValue<string>()),
            ],
            _ => null,
        };
        return parts is { Length: 2 }
            ? (parts[0], parts[1])
            : throw file.Error($"the merge {merge?.ToJsonString() ?? "null"} is not a pair");
    }
}
