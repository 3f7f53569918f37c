using System.Globalization;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Tracing;

namespace Fulcrum.Llama.Tracing;

/// <summary>Compares a GGUF file with the model folder that it should contain: the metadata and weights of the file
/// with those of an export of the folder. No task is measured.</summary>
internal sealed class ShipmentCheck
{
    private readonly string folder;
    private readonly string tokenizerFolder;
    private readonly GgufModel model;
    private readonly ConfigMetadata config;
    private readonly Dictionary<string, GgufValue> expected;
    private readonly string a;

    private ShipmentCheck(string folder, string tokenizerFolder, string file)
    {
        (this.folder, this.tokenizerFolder) = (folder, tokenizerFolder);
        model = GgufModel.Read(file);
        config = ConfigMetadata.Read(folder);
        expected = GgufExport
            .Metadata(folder, tokenizerFolder, config, GgufFileType.F32)
            .ToDictionary(m => m.Key, m => m.Value);
        a = model.File.Architecture;
    }

    /// <summary>Returns all differences in the order of the ladder.</summary>
    /// <param name="folder">The folder of the base model.</param>
    /// <param name="adapter">The adapter's folder. If it has a tokenizer and a template, they are used.</param>
    /// <param name="right">The base with the adapter merged into it.</param>
    /// <param name="plain">The base without the adapter.</param>
    /// <exception cref="InputException">The folder or the file cannot be read, or the file holds another
    /// architecture.</exception>
    public static IReadOnlyList<TraceFinding> Compare(
        string folder,
        string adapter,
        string file,
        IModelWeights plain,
        IModelWeights right
    )
    {
        string tokenizer = File.Exists(Path.Combine(adapter, "tokenizer.json")) ? adapter : folder;
        ShipmentCheck check = new(folder, tokenizer, file);
        if (check.config.Architecture != check.a)
        {
            throw new InputException(
                $"{file} holds a {check.a} model, but {folder} holds a {check.config.Architecture} model"
            );
        }

        using GgufWeights weights = GgufWeights.Open(file);
        TraceFinding?[] all =
        [
            MergeCheck.Compare(weights, plain, right, MergeCheck.ToleranceOf(check.model.File)),
            check.Vocabulary(),
            TokenizerCheck.Compare(tokenizer, check.expected, check.model.File),
            check.Template(),
            check.Bos(),
            check.Eos(),
            check.Rope(),
            check.Context(),
            check.Head(weights, right),
        ];
        return [.. all.OfType<TraceFinding>()];
    }

    private TraceFinding? Vocabulary()
    {
        int wanted = config.VocabularySize,
            found = model.VocabularySize;
        return wanted == found
            ? null
            : Finding(
                TraceCause.Head,
                $"config.json names a vocabulary of {wanted} tokens, the file has {found}: "
                    + "embedding and head have other rows"
            );
    }

    private TraceFinding? Template()
    {
        string? wanted = expected.GetValueOrDefault("tokenizer.chat_template")?.Content as string,
            found = model.File.Text("tokenizer.chat_template");
        if (wanted?.Trim() == found?.Trim())
        {
            return null;
        }

        return wanted is null || found is null
                ? Finding(
                    TraceCause.Template,
                    wanted is null
                        ? $"the folder has no chat template, the file has one: {TemplateCheck.Quoted(found!)}"
                        : $"the folder's chat template is {TemplateCheck.Quoted(wanted)}, the file has none, "
                            + "so a server makes up its own for the roles user and assistant"
                )
            : TemplateCheck.Difference(wanted, found, Settings()) is { } difference
                ? Finding(TraceCause.Template, difference)
            : null;
    }

    private TraceFinding? Bos()
    {
        const string Key = "tokenizer.ggml.bos_token_id";
        bool wanted = (bool)expected["tokenizer.ggml.add_bos_token"].Content,
            found = GgufTokenizer.AddsBos(model.File);
        uint? wantedId = (uint?)expected.GetValueOrDefault(Key)?.Content,
            foundId = model.File.Count(Key);
        if (wanted == found && (!wanted || wantedId == foundId))
        {
            return null;
        }

        string Says(bool adds, uint? id) =>
            adds
                ? $"puts the begin token (BOS) {Token(id)} before every prompt"
                : "puts no begin token (BOS) before a prompt";
        return Finding(TraceCause.Bos, $"the tokenizer {Says(wanted, wantedId)}, the file {Says(found, foundId)}");
    }

    private TraceFinding? Eos()
    {
        uint? found = model.File.Count("tokenizer.ggml.eos_token_id");
        IReadOnlyList<int> ends = ModelFolder.EndTokens(folder);
        uint? named = (uint?)expected.GetValueOrDefault("tokenizer.ggml.eos_token_id")?.Content;
        int[] wanted =
            ends.Count > 0 ? [.. ends]
            : named is { } id ? [(int)id]
            : [];
        if (wanted.Length == 0 || (found is { } f && wanted.Contains((int)f)))
        {
            bool adds = model.File.Flag("tokenizer.ggml.add_eos_token") == true,
                shouldAdd = expected.ContainsKey("tokenizer.ggml.add_eos_token");
            return adds == shouldAdd
                ? null
                : Finding(
                    TraceCause.Eos,
                    $"the tokenizer {(shouldAdd ? "ends" : "does not end")} prompts with the end token (EOS), "
                        + $"the file {(adds ? "does" : "does not")}"
                );
        }

        return Finding(
            TraceCause.Eos,
            "answers of the folder's model end at "
                + $"token {string.Join(" or ", wanted.Select(w => Token((uint)w)))}, "
                + $"those of the file at {(found is null ? "no declared token" : $"token {Token(found)}")}"
        );
    }

    private TraceFinding? Rope() =>
        new RopeCheck(config, expected, model.File).Difference() is { } difference
            ? Finding(TraceCause.Rope, difference)
            : null;

    private TraceFinding? Context()
    {
        int wanted = config.ContextLength;
        return wanted == model.ContextLength
            ? null
            : Finding(
                TraceCause.Context,
                $"config.json names a context of {wanted} tokens, the file {model.ContextLength}"
            );
    }

    private TraceFinding? Head(IModelWeights weights, IModelWeights right)
    {
        const string HeadName = "lm_head.weight";
        bool wanted = right.Shapes.ContainsKey(HeadName),
            found = weights.Shapes.ContainsKey(HeadName);
        if (wanted && !found)
        {
            return Finding(
                TraceCause.Head,
                "the model has a head of its own (tie_word_embeddings is false), "
                    + "but the file has none (no output.weight), so llama.cpp uses the embedding as a tied head"
            );
        }

        string rightName = wanted ? HeadName : "model.embed_tokens.weight";
        if (!found || !weights.Shapes[HeadName].SequenceEqual(right.Shapes[rightName]))
        {
            return null;
        }

        double distance = MergeCheck.Distance(weights.Read(HeadName), right.Read(rightName));
        if (distance <= MergeCheck.ToleranceOf(model.File))
        {
            return null;
        }

        string apart = distance.ToString("0.0%", CultureInfo.InvariantCulture);
        return Finding(
            TraceCause.Head,
            wanted
                ? $"the file's head (output.weight) is another one than the model's: they lie {apart} apart"
                : "the model's head is tied to the embedding (tie_word_embeddings is true), "
                    + $"but the file has a head of its own (output.weight) that lies {apart} from the embedding"
        );
    }

    private JsonObject Settings()
    {
        string[] tokens = model.File.List<string>("tokenizer.ggml.tokens")!;
        JsonObject settings = [];
        foreach (string name in (string[])["bos", "eos", "unknown", "padding"])
        {
            if (expected.GetValueOrDefault($"tokenizer.ggml.{name}_token_id")?.Content is uint id && id < tokens.Length)
            {
                settings[
                    name switch
                    {
                        "unknown" => "unk_token",
                        "padding" => "pad_token",
                        _ => $"{name}_token",
                    }
                ] = tokens[id];
            }
        }

        return settings;
    }

    private string Token(uint? id)
    {
        string[] tokens = model.File.List<string>("tokenizer.ggml.tokens")!;
        return id is { } i && i < tokens.Length ? $"{i} ('{tokens[i]}')" : $"{id}";
    }

    private static TraceFinding Finding(TraceCause cause, string detail) => new(TraceRung.Gguf, cause, detail);
}
