using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tokenization;

namespace Fulcrum.Tests;

/// <summary>Models that say what a script says, so that a whole experiment runs in managed code: the base, and what
/// "training" makes of it.</summary>
internal sealed class ScriptedRuntime(string folder, ScriptedRuntime.Script before, ScriptedRuntime.Script after)
    : IEngine,
        ITrainer
{
    /// <summary>What a model writes after a prompt, and how likely it finds a continuation.</summary>
    internal sealed record Script(Func<string, string> Writes, Func<string, string, double> Likes);

    /// <summary>The examples that the last training got.</summary>
    public IReadOnlyList<TrainingExample> Trained { get; private set; } = [];

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    public ModelSpec Resolve(ModelSpec model) => model with { Dtype = Dtype.F32, Device = "cpu", Threads = 1 };

    public bool Opens(ModelSource source) => source is ModelSource.Folder;

    public string DigestOf(ModelSpec model) => Models.ModelFolder.Digest(model.Folder);

    public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.Load(model.Folder);

    public ILanguageModel Open(ModelSpec model) =>
        new Model(Tokenizer.Load(folder), model.Adapter is null or { Lambda: 0 } ? before : after);

    public void Train(
        ModelSpec model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string outputFolder,
        Action<TrainingStep>? progress = null,
        CancellationToken cancellation = default
    )
    {
        Trained = examples;
        foreach (string name in (string[])["adapter_config.json", "adapter_model.safetensors"])
        {
            File.WriteAllText(Path.Combine(outputFolder, name), "{}");
        }

        File.WriteAllText(
            Path.Combine(outputFolder, "train.jsonl"),
            JsonSerializer.Serialize(new TrainingStep(1, 1, 1, 1, 0.1, 10, 0), Data.JsonLines.Output) + "\n"
        );
    }

    /// <summary>A model folder with a tokenizer of bytes and a chat template, and nothing else.</summary>
    public static string ModelFolder(string? generationConfig = null)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        JsonObject vocabulary = [];
        for (int b = 0, above = 256; b < 256; b++)
        {
            bool plain = b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
            vocabulary[((char)(plain ? b : above++)).ToString()] = b;
        }

        JsonObject bytes = new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = false,
        };
        JsonObject tokenizer = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(
                new JsonObject
                {
                    ["id"] = 256,
                    ["content"] = "<end>",
                    ["single_word"] = false,
                    ["lstrip"] = false,
                    ["rstrip"] = false,
                    ["normalized"] = false,
                    ["special"] = true,
                }
            ),
            ["normalizer"] = null,
            ["pre_tokenizer"] = bytes,
            ["post_processor"] = null,
            ["decoder"] = bytes.DeepClone(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"eos_token_id":256}""");
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            """{"eos_token":"<end>","chat_template":"{% for m in messages %}[{{ m.role }}]{{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"}"""
        );
        if (generationConfig is not null)
        {
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), generationConfig);
        }

        return folder;
    }

    private sealed class Model(Tokenizer tokenizer, Script script) : ILanguageModel
    {
        public int ContextLength => 100_000;

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                string prompt = tokenizer.Decode(requests[i].Prompt, skipSpecialTokens: false);
                answered(
                    i,
                    [
                        .. requests[i]
                            .Continuations.Select(c => new ContinuationScore(
                                script.Likes(prompt, tokenizer.Decode(c, skipSpecialTokens: false)),
                                false,
                                c.Length
                            )),
                    ]
                );
            }
        }

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation = default
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                int[] ids =
                [
                    .. tokenizer
                        .Encode(script.Writes(tokenizer.Decode(requests[i].Prompt, skipSpecialTokens: false)))
                        .Take(requests[i].MaxNewTokens),
                ];
                bool ends = ids.Length < requests[i].MaxNewTokens;
                ids = ends ? [.. ids, 256] : ids;
                answered(
                    i,
                    new Completion(ids, new double[ids.Length], ends ? FinishReason.Stop : FinishReason.Length)
                );
            }
        }

        public void Diverge(
            IReadOnlyList<int[]> texts,
            Action<int, TextDivergence> answered,
            CancellationToken cancellation = default
        )
        {
            for (int i = 0; i < texts.Count; i++)
            {
                answered(
                    i,
                    new TextDivergence(
                        texts[i].Length - 1,
                        0.5 * (texts[i].Length - 1),
                        -2 * (texts[i].Length - 1),
                        -3 * (texts[i].Length - 1)
                    )
                );
            }
        }

        public void Dispose() { }
    }
}
