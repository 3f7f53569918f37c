using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Reads the tensors of a PEFT adapter as its configuration asks for them.</summary>
internal sealed class PeftAdapter(
    string folder,
    LoraConfig config,
    AdapterTensors tensors,
    ModuleShapes shapes,
    bool train
)
{
    private static readonly string[] TableNames = [ModuleShapes.Head, ModuleShapes.Embedding];

    // The base's own table, saved with the adapter, may have been rounded differently.
    private const double TableTolerance = 0.01;

    /// <summary>Reads everything.</summary>
    /// <exception cref="InputException">A tensor is missing, left over, or of another shape; names it.</exception>
    public AdapterContents Read(Action<string>? warn)
    {
        RefuseWhatCannotBeTrained();
        IReadOnlyList<(string, Adapter)> updates = Updates();
        Tensor? updated = config.EmbeddingIsTarget ? EmbeddingWithUpdate() : null;
        Dictionary<string, Tensor> tables = Tables();
        if (updated is not null)
        {
            tables.TryAdd(ModuleShapes.Embedding, updated);
        }

        Tie(tables, updates);
        Dictionary<string, Tensor> biases = Biases(warn);
        IReadOnlyList<TokenRows> rows = Rows();
        tensors.RefuseRest();
        return new AdapterContents(updates, tables, biases, rows);
    }

    private void RefuseWhatCannotBeTrained()
    {
        string? setting =
            !train ? null
            : config.Bias != LoraBias.None ? "bias"
            : config.TrainedTokens.Count > 0 ? "trainable_token_indices"
            : config.EnsureWeightTying && (config.SavedModules ?? []).Count > 0 ? "ensure_weight_tying"
            : null;
        if (setting is not null)
        {
            throw new InputException(
                $"{folder}: '{setting}' of the initial adapter can be used, but not trained further; start from an "
                    + "adapter without it"
            );
        }
    }

    private List<(string, Adapter)> Updates()
    {
        List<(string, Adapter)> updates = [];
        foreach (ModuleShape module in config.TargetsIn(shapes))
        {
            int rank = config.RankOf(module.Name);
            Tensor a = tensors.Take(module.Name + ".lora_A.weight", rank, module.In),
                b = tensors.Take(module.Name + ".lora_B.weight", module.Out, rank);
            Tensor? magnitude = config.Dora
                ? Trained(tensors.Take(module.Name + ".lora_magnitude_vector", module.Out))
                : null;
            updates.Add(
                (
                    module.Name,
                    new Adapter(
                        Trained(a),
                        Trained(b),
                        config.ScalingOf(module.Name),
                        dropout: train ? config.Dropout : 0,
                        magnitude: magnitude
                    )
                )
            );
        }

        return updates;
    }

    // Fully trained modules: those that the configuration names, and those that PEFT adds by itself when the head or
    // the embedding is a target or was resized.
    private Dictionary<string, Tensor> Tables()
    {
        Dictionary<string, Tensor> tables = config.SavedTables().ToDictionary(m => m, m => Table(m + ".weight"));
        foreach (string name in TableNames)
        {
            if (tensors.Has(name + ".weight"))
            {
                tables.Add(name, Table(name + ".weight"));
            }

            if (
                tensors.Has(name + ".base_layer.weight")
                && Table(name + ".base_layer.weight") is var saved
                && !IsOwn(name, saved)
            )
            {
                throw new InputException(
                    $"{folder}: the adapter carries another '{name}' than this model's, and an update of it; that is "
                        + "not supported"
                );
            }
        }

        return tables;
    }

    private Tensor Table(string name) => tensors.Take(name, shapes.VocabularySize, shapes.HiddenSize);

    private bool IsOwn(string name, Tensor saved)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor own = shapes.Table(name).to_type(ScalarType.Float32);
        return (saved - own).abs().max().ToDouble() <= TableTolerance * own.abs().max().ToDouble();
    }

    private Tensor EmbeddingWithUpdate()
    {
        const string name = ModuleShapes.Embedding;
        if (train || config.Dora)
        {
            throw new InputException(
                $"{folder}: {(train ? "training the update of" : "DoRA on")} '{name}' is not supported"
            );
        }

        int rank = config.RankOf(name);
        Tensor a = tensors.Take(name + ".lora_embedding_A", rank, shapes.VocabularySize),
            b = tensors.Take(name + ".lora_embedding_B", shapes.HiddenSize, rank);
        return shapes.Table(name).to_type(ScalarType.Float32) + b.matmul(a).t() * config.ScalingOf(name);
    }

    // PEFT's ensure_weight_tying: what changes one side of a tied pair changes the other side too.
    private void Tie(Dictionary<string, Tensor> tables, IReadOnlyList<(string Module, Adapter)> updates)
    {
        if (!config.EnsureWeightTying || !shapes.TiedHead)
        {
            return;
        }

        if (config.EmbeddingIsTarget || updates.Any(u => u.Module == ModuleShapes.Head))
        {
            throw new InputException(
                $"{folder}: 'ensure_weight_tying' with a low-rank update of the embedding or the head is not supported"
            );
        }

        if (tables.Count == 1)
        {
            (string one, Tensor table) = tables.First();
            tables.Add(TableNames.Single(n => n != one), table);
        }
    }

    private Dictionary<string, Tensor> Biases(Action<string>? warn)
    {
        Dictionary<string, Tensor> biases = [];
        foreach (ModuleShape module in shapes.Linear.Where(m => m.HasBias && config.Bias != LoraBias.None))
        {
            string[] names = [module.Name + ".base_layer.bias", module.Name + ".bias"];
            if (names.FirstOrDefault(tensors.Has) is { } name)
            {
                biases.Add(module.Name, tensors.Take(name, module.Out));
            }
        }

        if (config.Bias != LoraBias.None && biases.Count == 0 && shapes.Linear.Any(m => m.HasBias))
        {
            warn?.Invoke($"{folder}: 'bias' says that biases were trained, but the adapter file holds none");
        }

        return biases;
    }

    private List<TokenRows> Rows()
    {
        List<TokenRows> rows = [];
        foreach ((string module, IReadOnlyList<int> ids) in config.TrainedTokens)
        {
            if (ids.Cast<int?>().FirstOrDefault(id => id < 0 || id >= shapes.VocabularySize) is { } outside)
            {
                throw new InputException(
                    $"{folder}: trainable_token_indices names the token {outside}, which is outside the vocabulary of "
                        + $"{shapes.VocabularySize}"
                );
            }

            Tensor values = tensors.Take(module + ".trainable_tokens_delta", ids.Count, shapes.HiddenSize);
            rows.Add(new TokenRows(module, ids, values));
            if (
                module == ModuleShapes.Embedding
                && shapes.TiedHead
                && !config.TrainedTokens.ContainsKey(ModuleShapes.Head)
            )
            {
                rows.Add(new TokenRows(ModuleShapes.Head, ids, values));
            }
        }

        return rows;
    }

    private Tensor Trained(Tensor value) => train ? value.requires_grad_() : value;
}
