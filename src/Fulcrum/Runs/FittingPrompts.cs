using Fulcrum.Data;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Checks that every item of a study fits into the contexts of its models.</summary>
internal sealed class FittingPrompts(Study study, Engines engines, Action<RunEvent> report)
{
    /// <summary>Checks the base, and the models that are given as candidates, without opening them.</summary>
    /// <param name="encoding">Of the base.</param>
    /// <exception cref="InputException">An item cannot be asked; says what to do.</exception>
    public void Check(Corpus data, PromptEncoding encoding, IEnumerable<(string Name, ModelSpec Spec)> given)
    {
        ModelSpec spec = study.Base.Spec;
        Check("the base", data.Before ?? data.Tasks, encoding, engines.For(spec.Source).ContextLengthOf(spec));
        foreach ((string name, ModelSpec own) in given.DistinctBy(g => g.Spec.Source))
        {
            IEngine engine = engines.For(own.Source);
            PromptEncoding other = engine.LoadEncoding(own).With(study.TemplateVariables);
            Check(name, data.Tasks, other, engine.ContextLengthOf(own));
        }
    }

    /// <summary>Checks one model.</summary>
    /// <param name="whose">Names it.</param>
    /// <param name="context">Its context length in tokens; null: not known.</param>
    /// <param name="scored">As in <see cref="ContextFit.Of"/>.</param>
    /// <exception cref="InputException">An item cannot be asked; says what to do.</exception>
    public void Check(
        string whose,
        IReadOnlyList<ITask> tasks,
        PromptEncoding encoding,
        int? context,
        int? scored = null
    )
    {
        foreach (ITask task in tasks)
        {
            if (ContextFit.Of(task, encoding, context, scored) is { } fit)
            {
                TaskPlan plan = study.NamedTasks.First(p => p.Name == task.Name);
                fit.Refuse(whose, plan, study.Named);
                fit.Warnings(whose, plan, study.Named).ToList().ForEach(w => report(new RunEvent.Warned(w)));
            }
        }
    }
}
