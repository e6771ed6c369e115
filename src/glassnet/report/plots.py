"""All drawings, each on the matplotlib axes it is given: the report's pictures and those of `Model.plot_...`.

Colours are those of the page's light scheme; `pictures` turns them into the page's variables.
"""

from __future__ import annotations

from glassnet.report.canvas import new_axes as new_axes
from glassnet.report.class_plots import draw_calibration as draw_calibration
from glassnet.report.class_plots import draw_confusion as draw_confusion
from glassnet.report.class_plots import draw_roc as draw_roc
from glassnet.report.column_plots import BARS as BARS
from glassnet.report.column_plots import draw_dependence as draw_dependence
from glassnet.report.column_plots import draw_importance as draw_importance
from glassnet.report.column_plots import draw_left_over as draw_left_over
from glassnet.report.column_plots import draw_reasons as draw_reasons
from glassnet.report.column_plots import draw_surface as draw_surface
from glassnet.report.glance_plots import draw_comparison as draw_comparison
from glassnet.report.gradients import check_layer as check_layer
from glassnet.report.gradients import draw_gradients as draw_gradients
from glassnet.report.loss_plots import draw_learning_rate as draw_learning_rate
from glassnet.report.loss_plots import draw_loss as draw_loss
from glassnet.report.loss_plots import draw_metric as draw_metric
from glassnet.report.loss_plots import draw_speed as draw_speed
from glassnet.report.number_plots import draw_error_by_truth as draw_error_by_truth
from glassnet.report.number_plots import draw_predicted_against_true as draw_predicted_against_true
from glassnet.report.number_plots import draw_residuals as draw_residuals
from glassnet.report.number_plots import thinned as thinned
from glassnet.report.precision import draw_precision_recall as draw_precision_recall
from glassnet.report.segments import draw_segments as draw_segments
